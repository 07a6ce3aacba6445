// W1's constants: the model's weights and the machine's numbers.

export const RING = 10
/** Payments within this count as recent. */
export const RECENT_MS = 60_000
/** A blocked account is normal again with the first payment after this. */
export const COOLING_MS = 600_000

export const WEIGHTS: readonly number[] = [1.25, -0.75, 0.5, -0.3, -0.4, 0.9, 0.35, 0.6, -0.45, 0.8, 1.1, 0.7, 1.3, -0.05, 0.15, 0.95]
export const BIAS = -2.1

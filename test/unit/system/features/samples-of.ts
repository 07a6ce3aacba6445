// Shared by the tests of this folder: schemas without a library, frozen states, and the plain definition of a window.
import type { StandardSchemaV1 } from '../../../../system/authoring/standard-schema.ts'

/** A schema that accepts everything; only its type matters here. */
export function schemaOf<Payload>(): StandardSchemaV1<Payload> {
  return { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Payload }) } }
}

/** Freezes deeply, so that a fold that writes to its argument throws. */
export function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) frozen(part)
  }
  return value
}

export interface Sample { readonly timeMs: number; readonly value: number }

/** The samples of (t - delay - window, t - delay], by the definition. */
export function inWindow(samples: readonly Sample[], newestMs: number, delayMs: number, windowMs: number): readonly number[] {
  return samples
    .filter(({ timeMs }) => timeMs > newestMs - delayMs - windowMs && timeMs <= newestMs - delayMs)
    .map(({ value }) => value)
}

/** The exact sum of doubles that are multiples of 2^-20 below 2^40, by integers; rounded once. */
export function exactSum(values: readonly number[]): number {
  const scale = 1_048_576
  return Number(values.reduce((sum, value) => sum + BigInt(Math.round(value * scale)), 0n)) / scale
}

export const close = (ours: number, exact: number): boolean => Math.abs(ours - exact) <= 1e-9 * Math.max(1, Math.abs(exact))

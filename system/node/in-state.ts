// In a state: what of a configuration counts as being in a state.

/** True when one of the active leaf states is the state, or within it. */
export function isIn(configuration: string | undefined, state: string): boolean {
  return configuration?.split(',').some((leaf) => leaf === state || leaf.startsWith(`${state}.`)) === true
}

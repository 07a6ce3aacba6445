// Same: whether two results are the same to the last key. Order of keys counts: it decides what is stored, and how states go on.

/** The path to the first difference, or undefined. */
export function difference(a: unknown, b: unknown, path = ''): string | undefined {
  if (Object.is(a, b)) return undefined
  // Functions and symbols are made anew by each run of the same code.
  if ((typeof a === 'function' || typeof a === 'symbol') && typeof b === typeof a && String(a) === String(b)) return undefined
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return `${path}: ${shown(a)} and ${shown(b)}`
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  if (keys.length !== others.length || keys.some((key, at) => key !== others[at])) return `${path}: keys ${keys.join()} and ${others.join()}`
  for (const key of keys) {
    const found = difference((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

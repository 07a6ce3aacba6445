// What is plain data (`Data`), and where a value is not. Codecs refuse by it, engines in strict mode check by it.
import { VALUE_DEPTH_MAX } from './limits.ts'

export interface NotPlain {
  /** From the value's root: `context.cards[3].limit`. */
  readonly path: string
  readonly reason: string
}

/** The first place in `value` that is no plain data, or undefined. Cycles are found as depth. */
export function notPlain(value: unknown, root: string): NotPlain | undefined {
  const found = search(value, 0)
  return found === undefined ? undefined : { path: `${root}${found.path}`, reason: found.reason }
}

/** What is not plain about `value` itself, apart from what it holds. */
export function notPlainItself(value: unknown): string | undefined {
  switch (typeof value) {
    case 'function':
    case 'symbol':
      return `a ${typeof value}`
    case 'object':
      return value === null || Array.isArray(value) || value instanceof Uint8Array || value instanceof Date ? undefined : notPlainObject(value)
  }
  return undefined
}

function notPlainObject(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    const maker = (prototype as { constructor?: { name?: unknown } }).constructor?.name
    return `an instance of ${typeof maker === 'string' && maker !== '' ? maker : 'a class'}`
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return 'an object with a symbol as key'
  return undefined
}

/** Its path is put together on the way back: nearly all values are plain, and texts for each of their places would cost more than the search. */
function search(value: unknown, depth: number): NotPlain | undefined {
  const reason = notPlainItself(value)
  if (reason !== undefined) return { path: '', reason }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return undefined
  if (depth >= VALUE_DEPTH_MAX) return { path: '', reason: `nested deeper than ${VALUE_DEPTH_MAX} (or a cycle)` }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      // By `at`: see `adapters/cbor/writer.ts`.
      const found = search(value.at(index), depth + 1)
      if (found !== undefined) return { path: `[${index}]${found.path}`, reason: found.reason }
    }
    return undefined
  }
  for (const key of Object.keys(value)) {
    const found = search((value as Record<string, unknown>)[key], depth + 1)
    if (found !== undefined) return { path: `.${key}${found.path}`, reason: found.reason }
  }
  return undefined
}

// Contexts: checked to be plain data after every step, so that nothing is committed that cannot be stored; frozen all the way down when
// strict, so that an assign that changes its argument is found in development.
import { VALUE_DEPTH_MAX } from '../protocol/limits.ts'
import { notPlain } from '../protocol/plain.ts'
import { StepRefused } from './failure.ts'

export interface ContextSeal {
  /** False when something in a stored context is not plain data. */
  fits(context: unknown): boolean
  /**
   * Throws StepRefused with the path of what is not plain data. `before`: the context before the step, sealed already. `assigned`: the only fields that may be
   * others than before, where that is known: it is a copy then, made by a spread.
   */
  seal(context: unknown, before: unknown, assigned?: readonly string[]): void
  /** A copy of a sealed context, which nobody else knows. */
  again(context: unknown): void
}

/** Checks, and with `freezes` freezes as well. */
export function contextSeal(freezes: boolean): ContextSeal {
  return freezes ? new FreezingSeal() : checkingSeal
}

function refused(context: unknown): StepRefused {
  const problem = notPlain(context, 'context')
  return new StepRefused(`${problem?.path ?? 'context'} is ${problem?.reason ?? 'no plain data'}; a context holds plain data only. Keep numbers, texts, lists and objects.`)
}

const checkingSeal: ContextSeal = {
  fits: (context) => isPlain(context, undefined, 0),
  seal: (context, before, assigned) => {
    if (context === before) return
    const isFit = assigned === undefined ? isPlain(context, before, 0) : arePlain(assigned, context, before)
    if (!isFit) throw refused(context)
  },
  again: () => {},
}

/** Steps share most of a context: what stands where it stood before was checked then. */
function isPlain(value: unknown, before: unknown, depth: number): boolean {
  if (typeof value !== 'object') return typeof value !== 'function' && typeof value !== 'symbol'
  if (value === null || value === before || value instanceof Uint8Array || value instanceof Date) return true
  if (depth > VALUE_DEPTH_MAX) return false
  const was = typeof before === 'object' && before !== null ? (before as Readonly<Record<string, unknown>>) : undefined
  if (Array.isArray(value)) return isPlainList(value, was, depth)
  return isPlainObject(value) && hasPlainFields(value, was, depth)
}

function isPlainList(list: readonly unknown[], was: Readonly<Record<string, unknown>> | undefined, depth: number): boolean {
  const { length } = list
  for (let at = numbersAtStart(list); at < length; at += 1) {
    // By `at`: see `adapters/cbor/writer.ts`.
    const inner: unknown = list.at(at)
    if (typeof inner !== 'number' && !isPlain(inner, was?.[at], depth + 1)) return false
  }
  return true
}

/** Whether a list that has a number with a fraction was ever found to hold something else. */
let isMixed = false

const isNumber = (value: unknown): boolean => typeof value === 'number'

/**
 * How many numbers the list begins with; most hold nothing else. V8 makes an object of each double that `at` reads, not so inside of `every`, which is the slower one
 * where it meets lists of small integers or of several kinds as well.
 */
function numbersAtStart(list: readonly unknown[]): number {
  const { length } = list
  for (let at = 0; at < length; at += 1) {
    const inner: unknown = list.at(at)
    if (typeof inner !== 'number') return at
    if (isMixed || inner === (inner | 0)) continue
    if (list.every(isNumber)) return length
    isMixed = true
  }
  return length
}

/** Where each stood before is only looked up for objects: most fields are none. */
function hasPlainFields(value: object, was: Readonly<Record<string, unknown>> | undefined, depth: number): boolean {
  const fields = Object.values(value)
  let names: readonly string[] | undefined
  for (let at = 0; at < fields.length; at += 1) {
    const inner: unknown = fields[at]
    if (typeof inner === 'object' && inner !== null) {
      names ??= Object.keys(value)
      if (!isPlain(inner, was?.[names[at] as string], depth + 1)) return false
    } else if (typeof inner === 'function' || typeof inner === 'symbol') return false
  }
  return true
}

/** Of fields of a context that is made of a sealed one. */
function arePlain(names: readonly string[], context: unknown, before: unknown): boolean {
  const fields = context as Readonly<Record<string, unknown>>
  const was = before as Readonly<Record<string, unknown>>
  for (const name of names) if (!isPlain(fields[name], was[name], 1)) return false
  return true
}

function isPlainObject(value: object): boolean {
  return hasPlainPrototype(value) && Object.getOwnPropertySymbols(value).length === 0
}

function hasPlainPrototype(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** What it has frozen before it does not look at again. */
class FreezingSeal implements ContextSeal {
  /** Frozen objects with the depth of what they hold. */
  readonly #heights = new WeakMap<object, number>()

  fits(context: unknown): boolean {
    return this.#freeze(context, 0) <= VALUE_DEPTH_MAX
  }

  seal(context: unknown): void {
    if (!this.fits(context)) throw refused(context)
  }

  again(context: unknown): void {
    this.#freeze(context, 0)
  }

  /** The height of `value`, or infinity when something in it is not plain. */
  #freeze(value: unknown, depth: number): number {
    if (typeof value === 'function' || typeof value === 'symbol' || depth > VALUE_DEPTH_MAX) return Infinity
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return 0
    const known = this.#heights.get(value)
    if (known !== undefined) return depth + known > VALUE_DEPTH_MAX ? Infinity : known
    if (!Array.isArray(value) && !isPlainObject(value)) return Infinity
    let height = 0
    for (const inner of Object.values(value)) height = Math.max(height, this.#freeze(inner, depth + 1) + 1)
    if (height === Infinity) return Infinity
    this.#heights.set(Object.freeze(value), height)
    return height
  }
}

// Strict contexts: frozen all the way down and checked to be plain data, so that a test finds what production would find at a snapshot.
import { VALUE_DEPTH_MAX } from '../../system/protocol/limits.ts'
import { notPlain } from '../../system/protocol/plain.ts'
import { StepRefused } from './failure.ts'

/** Freezes contexts; what it has frozen before it does not look at again, since steps share most of a context. */
export class ContextSeal {
  /** Frozen objects with the depth of what they hold. */
  readonly #heights = new WeakMap<object, number>()

  /** False when something in `context` is not plain data; all else is frozen then, too. */
  fits(context: unknown): boolean {
    return this.#freeze(context, 0) <= VALUE_DEPTH_MAX
  }

  /** Throws StepRefused with the path of what is not plain data. */
  seal(context: unknown): void {
    if (this.fits(context)) return
    const problem = notPlain(context, 'context')
    throw new StepRefused(`${problem?.path ?? 'context'} is ${problem?.reason ?? 'no plain data'}; a context holds plain data only. Keep numbers, texts, lists and objects.`)
  }

  /** The height of `value`, or infinity when something in it is not plain. */
  #freeze(value: unknown, depth: number): number {
    if (typeof value === 'function' || typeof value === 'symbol' || depth > VALUE_DEPTH_MAX) return Infinity
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return 0
    const known = this.#heights.get(value)
    if (known !== undefined) return depth + known > VALUE_DEPTH_MAX ? Infinity : known
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null && !Array.isArray(value)) return Infinity
    if (Object.getOwnPropertySymbols(value).length > 0) return Infinity
    let height = 0
    for (const inner of Object.values(value)) height = Math.max(height, this.#freeze(inner, depth + 1) + 1)
    if (height === Infinity) return Infinity
    this.#heights.set(Object.freeze(value), height)
    return height
  }
}

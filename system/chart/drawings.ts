// Drawings: each statechart is laid out once, whoever asks and how often.
//
// Owns: the drawings made, by the hash of what they show.
//
// N1. Two that ask for the same statechart at once wait for one layout; one that fails is tried again by the next.
// N2. At most DRAWINGS_MAX are kept: beyond it the one that was made first goes.
import type { Layout } from '../ports/layout.ts'
import type { Outline } from '../ports/outline.ts'
import { DRAWINGS_MAX } from '../protocol/limits.ts'
import { drawingOf } from './drawing.ts'
import type { Drawing } from './drawing.ts'
import type { SketchOptions } from './sketch.ts'
import { outlineHash } from './hash.ts'

export class Drawings {
  readonly #layout: Layout
  readonly #options: SketchOptions
  readonly #made = new Map<string, Promise<Drawing>>()

  constructor(layout: Layout, options: SketchOptions = {}) {
    this.#layout = layout
    this.#options = options
  }

  /** Rejects with OperationError when the layout cannot place it. */
  of(outline: Outline): Promise<Drawing> {
    const hash = outlineHash(outline)
    const known = this.#made.get(hash)
    if (known !== undefined) return known
    const making = drawingOf(outline, this.#layout, this.#options)
    this.#made.set(hash, making)
    making.catch(() => this.#made.delete(hash))
    const [first] = this.#made.keys()
    if (this.#made.size > DRAWINGS_MAX && first !== undefined) this.#made.delete(first)
    return making
  }
}

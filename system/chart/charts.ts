// Charts: the statecharts of a running system for who looks at it: as data to draw, as an image, as text.
//
// C1. A statechart is laid out once for each form, whoever asks and how often (N1 of `drawings.ts`).
// C2. Where it cannot be drawn the rest is given all the same, with the reason.
import type { Layout } from '../ports/layout.ts'
import type { Outline } from '../ports/outline.ts'
import { OperationError } from '../protocol/failures.ts'
import { definitionOf } from './definition.ts'
import type { Drawing } from './drawing.ts'
import { Drawings } from './drawings.ts'
import { outlineHash } from './hash.ts'
import { mermaidOf } from './mermaid.ts'
import { svgOf } from './svg.ts'

export interface Chart {
  readonly hash: string
  readonly outline: Outline
  /** With room for numbers. Null: it cannot be drawn, and `reason` says why. */
  readonly drawing: Drawing | null
  readonly reason?: string
}

export class Charts {
  readonly #plain: Drawings
  readonly #live: Drawings
  readonly #outlines: ReadonlyMap<string, () => Outline>
  readonly #made = new Map<string, Outline>()

  /** `outlines`: by the names that they are asked for. */
  constructor(outlines: ReadonlyMap<string, () => Outline>, layout: Layout) {
    this.#outlines = outlines
    this.#plain = new Drawings(layout)
    this.#live = new Drawings(layout, { isLive: true })
  }

  has(name: string): boolean {
    return this.#outlines.has(name)
  }

  async chart(name: string): Promise<Chart> {
    const outline = this.#outline(name)
    const hash = outlineHash(outline)
    try {
      return { hash, outline, drawing: await this.#live.of(outline) }
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown
      return { hash, outline, drawing: null, reason: thrown.message }
    }
  }

  /** Rejects with OperationError when it cannot be drawn. */
  async svg(name: string): Promise<string> {
    const outline = this.#outline(name)
    return svgOf(outline, await this.#plain.of(outline))
  }

  mermaid(name: string): string {
    return mermaidOf(this.#outline(name))
  }

  /** As JSON in the form of a machine of XState. */
  definition(name: string): string {
    return definitionOf(this.#outline(name))
  }

  #outline(name: string): Outline {
    const known = this.#made.get(name) ?? this.#outlines.get(name)?.()
    if (known === undefined) throw new OperationError('chart/unknown', `there is no statechart '${name}'`)
    this.#made.set(name, known)
    return known
  }
}

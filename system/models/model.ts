// Model: a scoring function as plain data. Immutable; its content hash names it.
//
// Owns the shapes. `definition.ts` makes models, `scorer.ts` computes, `artifact.ts` turns them into bytes.

interface ModelHead {
  readonly name: string
  /** Whole number above 0. */
  readonly version: number
  /** The names of the values a vector holds, in order. */
  readonly features: readonly string[]
}

/** bias + sum of weight x value; `logistic` puts that through the sigmoid. */
export interface LinearDefinition extends ModelHead {
  readonly kind: 'linear' | 'logistic'
  readonly weights: readonly number[]
  readonly bias: number
}

/**
 * Nodes of one tree as parallel arrays; node 0 is the root, children stand after their parent.
 * `feature` is -1 at a leaf, which holds `value`; elsewhere a vector goes left where its value <= `threshold`.
 */
export interface Tree {
  readonly feature: readonly number[]
  readonly threshold: readonly number[]
  readonly left: readonly number[]
  readonly right: readonly number[]
  readonly value: readonly number[]
}

/** base + the sum (boosting) or mean (forest) of the leaves, put through `link`. */
export interface TreesDefinition extends ModelHead {
  readonly kind: 'trees'
  readonly trees: readonly Tree[]
  readonly combine: 'sum' | 'mean'
  readonly base: number
  readonly link: 'identity' | 'sigmoid'
}

export type ModelDefinition = LinearDefinition | TreesDefinition

/** A valid definition. `hash` is the sha256 hex of its artifact's bytes. */
export type Model<Definition extends ModelDefinition = ModelDefinition> = Definition & { readonly hash: string }

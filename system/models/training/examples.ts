// Examples: what a model is trained on. Row i holds the features of example i, in the order of `features`.
import { DefinitionError } from '../../protocol/failures.ts'

export interface Examples {
  readonly features: readonly string[]
  readonly rows: readonly (readonly number[])[]
  /** 0 or 1 for a class, any finite number for a quantity. */
  readonly labels: readonly number[]
}

/** Throws DefinitionError unless the examples fit together and both labels occur. */
export function checkExamples(examples: Examples): void {
  const { labels } = examples
  const problems = shapeProblems(examples)
  const bad = labels.findIndex((label) => label !== 0 && label !== 1)
  if (bad >= 0) problems.push(`training: label ${bad} is ${labels[bad]}, expected 0 or 1`)
  if (!labels.includes(0) || !labels.includes(1)) problems.push('training: needs examples of both labels')
  if (problems.length > 0) throw new DefinitionError(problems)
}

/** Throws DefinitionError unless the examples fit together, there is one, and all labels are finite. */
export function checkQuantities(examples: Examples): void {
  const { labels } = examples
  const problems = shapeProblems(examples)
  const bad = labels.findIndex((label) => !Number.isFinite(label))
  if (bad >= 0) problems.push(`training: label ${bad} is ${labels[bad]}, expected a finite number`)
  if (labels.length === 0) problems.push('training: needs an example')
  if (problems.length > 0) throw new DefinitionError(problems)
}

function shapeProblems({ features, rows, labels }: Examples): string[] {
  const problems: string[] = []
  if (rows.length !== labels.length) problems.push(`training: ${rows.length} rows but ${labels.length} labels`)
  const odd = rows.findIndex((row) => row.length !== features.length || !row.every(Number.isFinite))
  if (odd >= 0) problems.push(`training: row ${odd} is not ${features.length} finite numbers`)
  return problems
}

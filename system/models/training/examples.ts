// Examples: what a model is trained on. Row i holds the features of example i, in the order of `features`; labels are 0 or 1.
import { DefinitionError } from '../../protocol/failures.ts'

export interface Examples {
  readonly features: readonly string[]
  readonly rows: readonly (readonly number[])[]
  readonly labels: readonly number[]
}

/** Throws DefinitionError unless the examples fit together and both labels occur. */
export function checkExamples({ features, rows, labels }: Examples): void {
  const problems: string[] = []
  if (rows.length !== labels.length) problems.push(`training: ${rows.length} rows but ${labels.length} labels`)
  const odd = rows.findIndex((row) => row.length !== features.length || !row.every(Number.isFinite))
  if (odd >= 0) problems.push(`training: row ${odd} is not ${features.length} finite numbers`)
  const bad = labels.findIndex((label) => label !== 0 && label !== 1)
  if (bad >= 0) problems.push(`training: label ${bad} is ${labels[bad]}, expected 0 or 1`)
  if (!labels.includes(0) || !labels.includes(1)) problems.push('training: needs examples of both labels')
  if (problems.length > 0) throw new DefinitionError(problems)
}

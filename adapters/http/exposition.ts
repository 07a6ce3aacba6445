// Exposition: metrics as Prometheus reads them, its text format 0.0.4.
//
// X1. Whatever a label holds, it stays that label: what would end it is escaped.

export const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  /** What follows the name of its family: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string
  readonly labels: Labels
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** Families without samples are left out. */
export function exposition(families: readonly Family[]): string {
  return families.filter(({ samples }) => samples.length > 0).map(({ name, kind, help, samples }) => [
    `# HELP ${name} ${escaped(help)}\n`, `# TYPE ${name} ${kind}\n`,
    ...samples.map(({ suffix = '', labels, value }) => `${name}${suffix}${labelText(labels)} ${numberText(value)}\n`),
  ].join('')).join('')
}

/** `counts` has one more than `bounds`: what is beyond. Each counts its own bucket. */
export function histogramSamples(labels: Labels, bounds: readonly number[], counts: readonly number[], sum: number): readonly Sample[] {
  let below = 0
  const buckets = counts.map((count, at): Sample => ({ suffix: '_bucket', labels: { ...labels, le: numberText(bounds[at] ?? Infinity) }, value: (below += count) }))
  return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: below }]
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

const escaped = (text: string): string => text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n')

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

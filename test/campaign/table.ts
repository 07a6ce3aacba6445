// The table of a campaign: one JSON line for each run, only ever added to, and what all of its lines sum up to.
//
// T1. A line is written whole or counts for nothing: what a death cut short is passed over, said, and never joined to the next line.
// T2. What is printed is the sum over all lines, however many campaigns wrote them.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { KAFKA_CLIENTS } from '../../adapters/node/medium.ts'
import type { KafkaClient } from '../../adapters/node/medium.ts'

export type Counts = Readonly<Record<string, number>>

export const RECOVERIES = ['kill', 'zombie', 'broker'] as const

export type RecoveryKind = (typeof RECOVERIES)[number]

export interface RunLine {
  readonly seed: number
  readonly client: KafkaClient
  readonly brokers: 1 | 3
  readonly runtimes: readonly string[]
  readonly startedAt: string
  /** Of which faults came; then everything was consumed and judged. */
  readonly faultSeconds: number
  readonly seconds: number
  /** Records of sources. */
  readonly inputs: number
  readonly keys: number
  readonly outputs: number
  readonly answers: number
  /** What the checker counted. */
  readonly judged: Counts
  readonly killsByPoint: Counts
  /** By how long they stood still, whole seconds. */
  readonly zombiesBySeconds: Counts
  readonly brokerKills: number
  readonly redisFaults: Counts
  /** From a fault until every partition has committed again, ms. */
  readonly recoveriesMs: Readonly<Record<RecoveryKind, readonly number[]>>
  /** Recoveries that were not over when the next thing had to be done. */
  readonly unfinishedRecoveries: number
  /** By invariant; `run`: it did not come to its end. */
  readonly violations: Counts
}

export interface Table {
  readonly lines: readonly RunLine[]
  /** Lines that are no runs. */
  readonly broken: number
}

export function readTable(file: string): Table {
  if (!existsSync(file)) return { lines: [], broken: 0 }
  const texts = readFileSync(file, 'utf8').split('\n').filter((text) => text.trim() !== '')
  const lines = texts.flatMap((text) => parseLine(text) ?? [])
  return { lines, broken: texts.length - lines.length }
}

function parseLine(text: string): RunLine | undefined {
  try {
    const value = JSON.parse(text) as Partial<RunLine>
    const isRun = Number.isSafeInteger(value.seed) && KAFKA_CLIENTS.some((client) => client === value.client) && (value.brokers === 1 || value.brokers === 3) && typeof value.violations === 'object' && typeof value.recoveriesMs === 'object'
    return isRun ? (value as RunLine) : undefined
  } catch {
    return undefined
  }
}

export function addLine(file: string, line: RunLine): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  appendFileSync(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${JSON.stringify(line)}\n`)
}

export const isDone = ({ lines }: Table, run: Pick<RunLine, 'seed' | 'client' | 'brokers'>): boolean => lines.some(({ seed, client, brokers }) => seed === run.seed && client === run.client && brokers === run.brokers)

export const totalOf = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

function summed(all: readonly Counts[]): Counts {
  const sums: Record<string, number> = {}
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count
  return sums
}

const COLUMNS = ['', 'runs', 'inputs', 'outputs', 'answers', 'kills', 'kills/min', 'zombies', 'brokers', 'redis', 'violations'] as const

function row(name: string, lines: readonly RunLine[]): readonly string[] {
  const sum = (of: (line: RunLine) => number): number => lines.reduce((total, line) => total + of(line), 0)
  const kills = sum(({ killsByPoint }) => totalOf(killsByPoint))
  const minutes = sum(({ faultSeconds }) => faultSeconds) / 60
  const numbers = [lines.length, sum(({ inputs }) => inputs), sum(({ outputs }) => outputs), sum(({ answers }) => answers), kills, Number((kills / Math.max(minutes, 1 / 60)).toFixed(1)), sum(({ zombiesBySeconds }) => totalOf(zombiesBySeconds)), sum(({ brokerKills }) => brokerKills), sum(({ redisFaults }) => totalOf(redisFaults)), sum(({ violations }) => totalOf(violations))]
  return [name, ...numbers.map((number) => number.toLocaleString('en'))]
}

/** The sum over all lines, for people. */
export function printed({ lines, broken }: Table): string {
  const groups = [...new Set(lines.map(nameOf))].sort()
  const rows = [COLUMNS, ...groups.map((name) => row(name, lines.filter((line) => nameOf(line) === name))), ...(groups.length > 1 ? [row('all', lines)] : [])]
  const widths = COLUMNS.map((_, at) => Math.max(...rows.map((cells) => cells[at]?.length ?? 0)))
  const table = rows.map((cells) => cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ').trimEnd())
  const of = (name: string, pick: (line: RunLine) => Counts): string => `${name}: ${counted(summed(lines.map(pick)))}`
  return [
    ...table,
    of('kills by point', ({ killsByPoint }) => killsByPoint),
    of('zombies by seconds', ({ zombiesBySeconds }) => zombiesBySeconds),
    of('faults of Redis', ({ redisFaults }) => redisFaults),
    ...RECOVERIES.flatMap((kind) => recoveryText(kind, lines.flatMap(({ recoveriesMs }) => recoveriesMs[kind] ?? []))),
    of('violations', ({ violations }) => violations),
    ...(broken === 0 ? [] : [`${broken} ${broken === 1 ? 'line is' : 'lines are'} no run and ${broken === 1 ? 'is' : 'are'} not counted`]),
  ].join('\n')
}

const nameOf = ({ client, brokers }: RunLine): string => `${client}, ${brokers} ${brokers === 1 ? 'broker' : 'brokers'}`

function counted(counts: Counts): string {
  const found = Object.entries(counts).filter(([, count]) => count > 0).sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  return found.length === 0 ? 'none' : found.map(([name, count]) => `${name} ${count}`).join(', ')
}

function recoveryText(kind: RecoveryKind, all: readonly number[]): readonly string[] {
  if (all.length === 0) return []
  const sorted = all.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0).toLocaleString('en')
  return [`recovery after ${kind}: ${all.length} times, median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`]
}

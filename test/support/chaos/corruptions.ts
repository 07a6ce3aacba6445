// Corruptions: ways in which a finished log could be wrong, each made by hand, with the invariants that it breaks.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import type { SeededRandom } from '../../../adapters/memory/random.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'
import { readEntry } from './checker-codec.ts'
import type { Range } from './checker-codec.ts'
import type { Invariant } from './checker-report.ts'
import type { LogDump } from './dump.ts'

export interface Corruption {
  readonly name: string
  /** The report must name all of these. */
  readonly breaks: readonly Invariant[]
  /** Answers the damaged log. */
  damage(dump: LogDump, random: SeededRandom): LogDump
}

type Partitions = readonly (readonly LogRecord[])[]
type Change = (records: LogRecord[], random: SeededRandom, dump: LogDump, partition: number) => LogRecord[]

function changed(dump: LogDump, topic: string, change: (partitions: Partitions) => Partitions): LogDump {
  return { ...dump, topics: new Map(dump.topics).set(topic, change(dump.topics.get(topic) ?? [])) }
}

/** Changes the records of one partition that has some. */
const inOne = (topic: string, change: Change) => (dump: LogDump, random: SeededRandom): LogDump => changed(dump, topic, (partitions) => {
  const filled = partitions.flatMap((records, index) => (records.length > 8 ? [index] : []))
  const at = filled[random.between(0, filled.length - 1)]
  return partitions.map((records, index) => (index === at ? change([...records], random, dump, index) : records))
})

const pick = (records: readonly LogRecord[], random: SeededRandom, fits: (record: LogRecord) => boolean = () => true): number => {
  const found = records.flatMap((record, index) => (fits(record) ? [index] : []))
  if (found.length === 0) throw new TypeError('nothing in this log can be damaged so')
  return found[random.between(0, found.length - 1)] as number
}

const without: Change = (records, random) => records.toSpliced(pick(records, random), 1)
const twice: Change = (records, random) => {
  const at = pick(records, random)
  return records.toSpliced(at, 0, records[at] as LogRecord)
}

const list = (record: LogRecord): unknown[] => {
  const decoded = cborCodec.decode(record.value ?? new Uint8Array(0))
  return decoded.kind === 'ok' ? [...(decoded.value as unknown[])] : []
}
const withList = (record: LogRecord, parts: readonly unknown[]): LogRecord => ({ ...record, value: cborCodec.encode(parts).slice() })
const isTell = (record: LogRecord): boolean => list(record)[0] === 't'
const isBatch = (record: LogRecord): boolean => list(record)[4] === 'batch' && (list(record)[8] as unknown[]).length > 0
const text = (record: LogRecord): string => new TextDecoder().decode(record.value ?? new Uint8Array(0))

/** Changes one field of one journal record. */
const journalField = (index: number, change: (value: unknown) => unknown, fits: (record: LogRecord) => boolean = isBatch): Change => (records, random) => {
  const at = pick(records, random, fits)
  return records.with(at, withList(records[at] as LogRecord, list(records[at] as LogRecord).map((value, place) => (place === index ? change(value) : value))))
}

/** The newest state that holds a context, with another number in it. */
const anotherState: Change = (records, random) => {
  const at = pick(records, random, (record) => record.value !== null && record.key?.[0] !== 0xff && 'm' in stateOf(record))
  const state = stateOf(records[at] as LogRecord)
  const context = { ...state.m.context, count: (state.m.context['count'] ?? 0) + 1 }
  return records.with(at, { ...(records[at] as LogRecord), value: cborCodec.canonical({ ...state, m: { ...state.m, context } }).slice() })
}

function stateOf(record: LogRecord): { readonly m: { readonly context: Readonly<Record<string, number>> } } {
  const decoded = cborCodec.decode(record.value ?? new Uint8Array(0))
  return (decoded.kind === 'ok' ? decoded.value : {}) as { readonly m: { readonly context: Readonly<Record<string, number>> } }
}

/** Two neighbours of one entity change places. */
const swapped: Change = (records, random) => {
  const key = (record: LogRecord | undefined): string => (record?.key ?? []).toString()
  const found = records.flatMap((record, index) => records.slice(index + 1, index + 20).flatMap((other, step) => (key(other) === key(record) ? [[index, index + 1 + step] as const] : [])))
  const [a, b] = found[random.between(0, found.length - 1)] ?? [0, 1]
  return records.with(a, records[b] as LogRecord).with(b, records[a] as LogRecord)
}

const rangesOf = (record: LogRecord): readonly Range[] => (isBatch(record) ? (readEntry(record)?.inputs ?? []) : [])

/** What caused an output: `<app>.<type>/<topic>-<partition>-<offset>` for an input. */
const causeOf = (record: LogRecord): string => new TextDecoder().decode(record.headers.find(([name]) => name === 'ce_id')?.[1]).replace(/\/\d+$/, '')

const causedWithin = (output: LogRecord, partition: number, ranges: readonly Range[]): boolean => ranges.some(({ topic, from, to }) => {
  const [cause, before] = [causeOf(output).split('/')[1] ?? '', `${topic}-${partition}-`]
  const offset = Number(cause.slice(before.length))
  return cause.startsWith(before) && offset >= from && offset < to
})

/** The accounts' outputs that inputs of this batch caused. */
const outputsOf = (dump: LogDump, partition: number, batch: LogRecord): readonly LogRecord[] => (dump.topics.get('account-out')?.[partition] ?? []).filter((output) => causedWithin(output, partition, rangesOf(batch)))

/** Everything that one input wrote is gone: several records of one cause, in a batch that wrote more than that. */
const inputUnwritten: Change = (records, random, dump, partition) => {
  const counts = new Map<string, number>()
  for (const record of records) counts.set(causeOf(record), (counts.get(causeOf(record)) ?? 0) + 1)
  const shared = (dump.topics.get('chaos.account.journal')?.[partition] ?? []).map((batch) => outputsOf(dump, partition, batch)).filter((outputs) => new Set(outputs.map(causeOf)).size > 1)
  const causes = new Set(shared.flat().map(causeOf).filter((cause) => (counts.get(cause) ?? 0) > 1))
  const gone = causeOf(records[pick(records, random, (record) => causes.has(causeOf(record)))] as LogRecord)
  return records.filter((record) => causeOf(record) !== gone)
}

export const CORRUPTIONS: readonly Corruption[] = [
  { name: 'an output is missing', breaks: ['I1'], damage: inOne('account-out', without) },
  { name: 'an output stands there twice', breaks: ['I2'], damage: inOne('pool-out', twice) },
  { name: 'two outputs of an entity changed places', breaks: ['I3'], damage: inOne('account-out', swapped) },
  { name: 'one input left no output', breaks: ['I1'], damage: inOne('account-out', inputUnwritten) },
  { name: 'an output holds another number', breaks: ['I5'], damage: inOne('account-out', (records, random) => {
    const at = pick(records, random, (record) => text(record).includes('"total":'))
    return records.with(at, { ...(records[at] as LogRecord), value: new TextEncoder().encode(text(records[at] as LogRecord).replace('"total":', '"total":7')) })
  }) },
  { name: 'a tell is missing', breaks: ['I1'], damage: inOne('chaos.pool.inbox', (records, random) => records.toSpliced(pick(records, random, isTell), 1)) },
  { name: 'a tell stands there twice', breaks: ['I2'], damage: inOne('chaos.pool.inbox', (records, random) => {
    const last = records.at(-1) as LogRecord
    return [...records, { ...(records[pick(records, random, isTell)] as LogRecord), offset: last.offset + 1 }]
  }) },
  { name: 'a tell was changed on its way', breaks: ['I5'], damage: inOne('chaos.pool.inbox', (records, random) => {
    const at = pick(records, random, isTell)
    const parts = list(records[at] as LogRecord)
    return records.with(at, withList(records[at] as LogRecord, [...parts.slice(0, 9), { ...(parts[9] as object), n: 999 }]))
  }) },
  { name: 'a dead letter is missing', breaks: ['I8'], damage: inOne('moves.dlq', without) },
  { name: 'a dead letter stands there twice', breaks: ['I8'], damage: inOne('moves.dlq', twice) },
  { name: 'a dead letter has other bytes', breaks: ['I8'], damage: inOne('moves.dlq', (records, random) => {
    const at = pick(records, random)
    return records.with(at, { ...(records[at] as LogRecord), value: new Uint8Array([1, 2, 3]) })
  }) },
  { name: 'a dead letter names another class', breaks: ['I8'], damage: inOne('moves.dlq', (records, random) => {
    const at = pick(records, random)
    const headers = (records[at] as LogRecord).headers.map(([name, value]) => [name, new TextEncoder().encode(new TextDecoder().decode(value).replace(/"class":"\w+"/, '"class":"feature"'))] as const)
    return records.with(at, { ...(records[at] as LogRecord), headers })
  }) },
  { name: 'a stored state holds another number', breaks: ['I5'], damage: inOne('chaos.account.state', anotherState) },
  { name: 'a stored state is gone', breaks: ['I5'], damage: inOne('chaos.pool.state', (records, random) => records.toSpliced(pick(records, random, (record) => record.value !== null && record.key?.[0] !== 0xff), 1)) },
  { name: 'a journal record is missing', breaks: ['I4', 'I7'], damage: inOne('chaos.account.journal', (records, random, dump, partition) => records.toSpliced(pick(records, random, (record) => record !== records.at(-1) && outputsOf(dump, partition, record).length > 0), 1)) },
  { name: 'a journal record stands there twice', breaks: ['I2', 'I7'], damage: inOne('chaos.account.journal', (records, random) => {
    const at = pick(records, random, isBatch)
    return records.toSpliced(at, 0, records[at] as LogRecord)
  }) },
  { name: 'a journal record is of another life', breaks: ['I7'], damage: inOne('chaos.pool.journal', journalField(1, () => 'another-life')) },
  { name: 'an epoch goes back', breaks: ['I7'], damage: inOne('chaos.pool.journal', journalField(2, (epoch) => (epoch as number) - 1)) },
  { name: 'a batch skips inputs', breaks: ['I1'], damage: inOne('chaos.account.journal', journalField(8, (ranges) => (ranges as [string, number, number, number, number][]).map(([topic, from, to, n, sum]) => [topic, from + 1, to, n, sum]))) },
  { name: 'a batch reads inputs again', breaks: ['I2'], damage: inOne('chaos.account.journal', journalField(8, (ranges) => (ranges as [string, number, number, number, number][]).map(([topic, from, to, n, sum]) => [topic, Math.max(0, from - 1), to, n, sum]), (record) => rangesOf(record).some(({ from }) => from > 0))) },
  { name: 'drops are counted wrongly', breaks: ['I1'], damage: inOne('chaos.account.journal', journalField(17, () => [['duplicate', 77]])) },
  { name: 'a verdict is missing', breaks: ['I8'], damage: inOne('chaos.account.journal', (records, random) => {
    const at = pick(records, random, (record) => isBatch(record) && (list(record)[15] as unknown[]).length > 0)
    return records.with(at, withList(records[at] as LogRecord, list(records[at] as LogRecord).map((value, place) => (place === 15 ? [] : value))))
  }) },
  { name: 'a committed position was moved', breaks: ['I4'], damage: (dump) => {
    const [name, committed] = [...dump.committed][0] ?? ['', { positions: new Map<string, number>(), metadata: '' }]
    const positions = new Map([...committed.positions].map(([topic, next]) => [topic, next - 1]))
    return { ...dump, committed: new Map(dump.committed).set(name, { ...committed, positions }) }
  } },
]

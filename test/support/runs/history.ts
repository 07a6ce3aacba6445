// History: what a partition did, out of its journal and its topics: for each commit the moment and the inputs in their order.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import type { MemoryLog } from '../../../adapters/memory/log.ts'
import { SOURCE_CONTROL_HEADER } from '../../../system/partition/envelope.ts'
import { decodeJournal } from '../../../system/partition/journal.ts'
import type { JournalRecord } from '../../../system/partition/journal.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import { headerOf } from '../../../system/protocol/record.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'
import { readInput } from './oracle-input.ts'
import type { HistoryInput } from './oracle-input.ts'

export interface Commit {
  readonly seq: number
  readonly nowMs: number
  /** One firing, release or arrival: the partition isolates. */
  readonly isSingle: boolean
  /** Folded anything: not a commit of draining. */
  readonly isLive: boolean
  /** Processing-time firings as the journal names them: `<entity>/<kind>/<id>/<generation>`. */
  readonly fired: readonly string[]
  /** Inputs whose outputs the log refused. */
  readonly refused: ReadonlySet<string>
  readonly inputs: readonly HistoryInput[]
  readonly drops: ReadonlyMap<string, number>
}

export async function readAll(log: MemoryLog, topic: string, partition: number): Promise<readonly LogRecord[]> {
  return (await log.read(topic, partition, 0, Infinity, { recordsMax: Infinity, bytesMax: Infinity })).records
}

/** All batches of a partition, oldest first. Throws for what would be loss or repetition of inputs (I1). */
export async function historyOf(log: MemoryLog, plan: TypePlan, partition: number): Promise<readonly Commit[]> {
  const topics = new Map<string, readonly LogRecord[]>()
  for (const topic of plan.inputs) topics.set(topic, await readAll(log, topic, partition))
  const next = new Map(plan.inputs.map((topic) => [topic, 0]))
  const commits: Commit[] = []
  let seq = -1
  for (const { value } of await readAll(log, plan.journal, partition)) {
    const record = value === null ? undefined : decodeJournal(cborCodec, value)
    if (record === undefined || record.seq !== seq + 1) throw new TypeError(`J1: ${plan.journal}/${partition} goes on after seq ${seq} with ${record?.seq}`)
    seq = record.seq
    if (record.kind !== 'batch') continue
    const queues = record.inputs.map((range) => {
      if (range.from !== next.get(range.topic)) throw new TypeError(`I1: ${range.topic}/${partition} is taken from ${range.from}, not ${next.get(range.topic)}`)
      next.set(range.topic, range.to)
      const records = (topics.get(range.topic) ?? []).slice(range.from, range.to)
      return records.map((each): HistoryInput => ({ topic: range.topic, partition, offset: each.offset, key: textOf(each.key), value: each.value ?? new Uint8Array(), isControl: headerOf(each.headers, SOURCE_CONTROL_HEADER) !== undefined }))
    })
    commits.push(commitOf(record, partition, merged(queues, plan)))
  }
  for (const [topic, taken] of next) {
    const end = topics.get(topic)?.length ?? 0
    // What partitions tell each other while they stop is for their next owners.
    if (topic === plan.inbox ? taken > end : taken !== end) throw new TypeError(`I1: ${topic}/${partition} has ${end} records, ${taken} were taken`)
  }
  return commits
}

function commitOf(record: JournalRecord, partition: number, inputs: readonly HistoryInput[]): Commit {
  const refused = record.verdicts.filter((verdict) => verdict.class === 'size').map(({ input }) => (input.startsWith('timer-') ? input : `${input}@${partition}`))
  return {
    seq: record.seq, nowMs: record.nowMs, isSingle: record.attempts >= 3 && record.batches <= 20, isLive: record.inputs.length > 0 || record.timers.length > 0,
    fired: record.timers.map(({ due, generation }) => `${due.entity}/${due.kind}/${due.id}/${generation}`),
    refused: new Set(refused), inputs, drops: record.drops,
  }
}

/** By event time, then topic; a topic's own order stays. What has no event time goes right after its predecessor. */
function merged(queues: readonly (readonly HistoryInput[])[], plan: TypePlan): readonly HistoryInput[] {
  const all = [...queues].sort((a, b) => plan.inputs.indexOf(a[0]?.topic ?? '') - plan.inputs.indexOf(b[0]?.topic ?? ''))
  const at = all.map(() => 0)
  const taken: HistoryInput[] = []
  for (;;) {
    const heads = all.map((queue, index) => queue[at[index] ?? 0])
    const times = heads.map((head) => (head === undefined ? Infinity : timeOf(head, plan)))
    const best = heads.reduce((least, head, index) => (head !== undefined && (least === -1 || (times[index] ?? 0) < (times[least] ?? 0)) ? index : least), -1)
    const head = heads[best]
    if (head === undefined) return taken
    taken.push(head)
    at[best] = (at[best] ?? 0) + 1
  }
}

function timeOf(input: HistoryInput, plan: TypePlan): number {
  const read = readInput(input, plan.inbox)
  return read.kind === 'event' ? read.timeMs : -Infinity
}

export const textOf = (bytes: Uint8Array | null): string => (bytes === null ? '' : new TextDecoder().decode(bytes))

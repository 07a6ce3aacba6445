// The journal by itself, and against positions and inputs: one life, no gaps, epochs that rise, every input in exactly one range.
import { readEntry } from './checker-codec.ts'
import type { Entry } from './checker-codec.ts'
import type { Arriving } from './checker-fold.ts'
import type { Report } from './checker-report.ts'
import type { PlainType } from './checker-types.ts'
import { readInbox, readPromise, textOf } from './checker-codec.ts'
import { recordsBetween } from './dump.ts'
import type { LogDump } from './dump.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'

/** Journal records in order. I7: seqs without gaps, one life, an epoch for each lease record and higher than all before. */
export function readJournal(dump: LogDump, type: PlainType, partition: number, report: Report): readonly Entry[] {
  const at = `${type.group}/${partition}`
  const entries: Entry[] = []
  for (const record of dump.topics.get(type.journal)?.[partition] ?? []) {
    const entry = readEntry(record)
    if (entry === undefined) {
      report.blame('I4', `${at}: journal offset ${record.offset} is no journal record`)
      continue
    }
    const last = entries.at(-1)
    if (entry.seq !== (last?.seq ?? -1) + 1) report.blame('I7', `${at}: seq ${entry.seq} follows ${last?.seq ?? 'nothing'}`)
    if (last !== undefined && entry.life !== last.life) report.blame('I7', `${at}: life ${entry.life} at seq ${entry.seq} follows life ${last.life}`)
    const epoch = (last?.epoch ?? 0) + (entry.kind === 'lease' ? 1 : 0)
    if (entry.epoch !== epoch) report.blame('I7', `${at}: epoch ${entry.epoch} at seq ${entry.seq} (${entry.kind}), expected ${epoch}`)
    if (last !== undefined && entry.nowMs < last.nowMs) report.blame('I7', `${at}: the time of seq ${entry.seq} goes back`)
    if (entry.kind === 'lease') report.count('leases')
    if (entry.kind === 'suspect') report.count('suspects named')
    entries.push(entry)
  }
  return entries
}

/** I1, I2: the ranges of each topic follow each other from 0 to the committed position. I4: positions are the journal's. */
export function checkPositions(dump: LogDump, type: PlainType, partition: number, entries: readonly Entry[], isFinished: boolean, report: Report): void {
  const at = `${type.group}/${partition}`
  const next = new Map(type.inputs.map((topic) => [topic, 0]))
  for (const entry of entries) {
    for (const { topic, from, to, n } of entry.inputs) {
      const expected = next.get(topic) ?? 0
      if (from > expected) report.blame('I1', `${at}: seq ${entry.seq} reads ${topic} from ${from}; ${expected}..${from - 1} are in no batch`)
      if (from < expected) report.blame('I2', `${at}: seq ${entry.seq} reads ${topic} from ${from}; up to ${expected - 1} were in a batch before`)
      const found = recordsIn(dump, topic, partition, from, to).length
      if (found !== n) report.blame('I1', `${at}: seq ${entry.seq} names ${n} records of ${topic} in ${from}..${to - 1}, there are ${found}`)
      next.set(topic, to)
    }
    for (const [topic, position] of entry.positions) {
      if (position !== (next.get(topic) ?? 0)) report.blame('I4', `${at}: seq ${entry.seq} commits position ${position} of ${topic}, its ranges end at ${next.get(topic)}`)
    }
  }
  const committed = dump.committed.get(at)
  for (const [topic, end] of next) {
    if (committed?.positions.get(topic) !== end) report.blame('I4', `${at}: position of ${topic} is ${committed?.positions.get(topic)}, the journal ends at ${end}`)
    const left = (dump.topics.get(topic)?.[partition] ?? []).filter((record) => record.offset >= end && !isPromise(type, topic, record))
    if (isFinished && left.length > 0) report.blame('I1', `${at}: finished at ${end} of ${topic}, ${left.length} records are left`)
  }
  const seq = (JSON.parse(committed?.metadata === undefined || committed.metadata === '' ? '{}' : committed.metadata) as { seq?: number }).seq
  if (seq !== entries.at(-1)?.seq) report.blame('I4', `${at}: commit metadata names seq ${seq}, the journal ends at ${entries.at(-1)?.seq}`)
}

export function recordsIn(dump: LogDump, topic: string, partition: number, from: number, to: number): readonly LogRecord[] {
  return recordsBetween(dump.topics.get(topic)?.[partition] ?? [], from, to)
}

/** The records of a batch in the order of their application: k-way by event time, then topic; never reordered within a topic. */
export function arrivalsOf(dump: LogDump, type: PlainType, partition: number, entry: Entry): readonly Arriving[] {
  const queues = type.inputs.map((topic) => entry.inputs.filter((range) => range.topic === topic).flatMap((range) => recordsIn(dump, topic, partition, range.from, range.to).map((record) => ({ topic, record, timeMs: timeOf(type, topic, record) }))))
  const merged: Arriving[] = []
  for (;;) {
    const heads = queues.flatMap((queue) => (queue[0] === undefined ? [] : [{ queue, head: queue[0] }]))
    const [first] = heads
    if (first === undefined) return merged
    const best = heads.reduce((least, one) => (one.head.timeMs < least.head.timeMs ? one : least), first)
    best.queue.shift()
    merged.push(best.head)
  }
}

/** Event time; records that have none go at once. */
function timeOf(type: PlainType, topic: string, record: LogRecord): number {
  const source = type.sources.get(topic)
  if (source === undefined) {
    const item = readInbox(record)
    return item === undefined || item.kind === 'watermark' ? -Infinity : item.timeMs
  }
  if (readPromise(record) !== undefined) return -Infinity
  const judged = source.judge(textOf(record.key), textOf(record.value))
  return judged.kind === 'good' ? judged.timeMs : -Infinity
}

/** A promise about time may be left unread at the end: senders make one when they stop. */
function isPromise(type: PlainType, topic: string, record: LogRecord): boolean {
  return topic === type.inbox && readInbox(record)?.kind === 'watermark'
}

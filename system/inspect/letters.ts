// Letters: dead letters of a system, newest first, page by page. From the log alone; commits nothing.
//
// E1. A page goes on exactly where the one before ended, whatever was added meanwhile: no letter twice, none left out.
// E2. Looked through are at most SCANNED_MAX letters for a page, within its time: with a filter a page may hold fewer than its limit, or none, and not be the last.
import type { FailureClass } from '../protocol/failures.ts'
import { deadLetterTopic } from '../protocol/ids.ts'
import type { LogRecord } from '../protocol/record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { readDeadLetter } from '../partition/dead-letters.ts'
import type { DeadLetterInfo } from '../partition/dead-letters.ts'
import type { TypePlan } from '../partition/topology.ts'
import { BackwardReader } from './backward-reader.ts'
import { OutOfTime, patientLog } from './patient-log.ts'
import type { Patience } from './patient-log.ts'
import type { Shortages } from './shortages.ts'

export interface Letter {
  readonly topic: string
  readonly partition: number
  readonly record: LogRecord
  readonly info: DeadLetterInfo
}

/** Where a page ended: the end of what is left of each topic partition, by `<topic>/<partition>`; what has no place has nothing left. */
export type LettersPlace = ReadonlyMap<string, number>

export interface LettersAsked extends Patience {
  readonly limit: number
  /** Only those that this actor type refused. */
  readonly type?: string | undefined
  readonly class?: FailureClass | undefined
  readonly before?: LettersPlace | undefined
  /** Of asks before. */
  readonly shortages?: Shortages | undefined
}

export interface LettersPage {
  /** Without their values and headers. */
  readonly letters: readonly Letter[]
  /** Undefined: that was all. */
  readonly next: LettersPlace | undefined
}

const SCANNED_MAX = 10_000

/** How many partitions each has. In the order of their names, which is the same in every process of a system. */
export function deadLetterTopics(plans: Iterable<TypePlan>): ReadonlyMap<string, number> {
  return new Map([...plans].flatMap((plan) => plan.inputs.map((topic) => [deadLetterTopic(topic), plan.partitions] as const)).sort(([a], [b]) => (a < b ? -1 : 1)))
}

export async function lettersPage(log: Log, clock: Clock, plans: ReadonlyMap<string, TypePlan>, { limit, type, class: only, before, shortages, ...patience }: LettersAsked): Promise<LettersPage> {
  const patient = patientLog(log, clock, patience)
  const group = type === undefined ? undefined : plans.get(type)?.group
  const readers = readersOf(patient, plans, type, before, shortages)
  const letters: Letter[] = []
  try {
    await Promise.all(readers.map((reader) => reader.ready()))
    for (let scanned = 0; scanned < SCANNED_MAX && letters.length < limit; scanned += 1) {
      const reader = newestOf(readers)
      if (reader === undefined) return { letters, next: undefined }
      const { topic, partition, head } = reader
      if (head !== undefined && (only === undefined || head.info.class === only) && (group === undefined || head.info.group === group)) letters.push({ topic, partition, ...head })
      await reader.take()
    }
  } catch (thrown) {
    if (!(thrown instanceof OutOfTime) || readers.some(({ hasBegun }) => !hasBegun) || !readers.some(({ hasMoved }) => hasMoved)) throw thrown
  }
  const left = readers.filter(({ isDone }) => !isDone)
  return { letters, next: left.length === 0 ? undefined : new Map(left.map(({ topic, partition, end }) => [`${topic}/${partition}`, end])) }
}

/** Undefined: there is none at that place. */
export async function letterAt(log: Log, topic: string, partition: number, offset: number): Promise<Letter | undefined> {
  if (offset < await log.offsetsAt(topic, partition, 'earliest') || offset >= await log.offsetsAt(topic, partition, 'latest')) return undefined
  const [record] = (await log.read(topic, partition, offset, offset + 1, { recordsMax: 1, bytesMax: Infinity })).records
  const info = record === undefined ? undefined : readDeadLetter(record)
  return record === undefined || info === undefined ? undefined : { topic, partition, record, info }
}

type LetterReader = BackwardReader<Pick<Letter, 'record' | 'info'>>

function readersOf(log: Log, plans: ReadonlyMap<string, TypePlan>, type: string | undefined, before: LettersPlace | undefined, shortages: Shortages | undefined): readonly LetterReader[] {
  const topics = deadLetterTopics([...plans].filter(([name]) => type === undefined || name === type).map(([, plan]) => plan))
  return [...topics].flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => {
    const end = before === undefined ? undefined : before.get(`${topic}/${partition}`) ?? 0
    return new BackwardReader(log, topic, partition, end, (record) => {
      const info = readDeadLetter(record)
      return info === undefined ? undefined : { record: { ...record, value: null, headers: [] }, info }
    }, shortages)
  }))
}

function newestOf(readers: readonly LetterReader[]): LetterReader | undefined {
  let newest: LetterReader | undefined
  for (const reader of readers) if (reader.head !== undefined && (newest?.head === undefined || reader.head.info.lastMs > newest.head.info.lastMs)) newest = reader
  return newest
}

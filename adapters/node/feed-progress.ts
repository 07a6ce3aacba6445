// Feed progress: how much of a scenario's feed stands in the log, remembered in the log itself on topic `<app>.feed`.
//
// J1. A progress record is appended together with what it counts: after any crash a feed goes on exactly where it stopped.
// J2. A feed goes on only with the input it began with: another seed, flag or file is another feed.
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { OperationError } from '../../system/protocol/failures.ts'
import { utf8Decode, utf8Encode } from '../../system/protocol/utf8.ts'
import { recordsUpTo } from '../../system/partition/range-reading.ts'
import type { OutRecord, TopicSpec } from '../../system/protocol/record.ts'
import type { Log } from '../../system/ports/log.ts'
import type { Origin } from './manifest.ts'

export interface FeedProgress {
  /** Whole chunks fed, and items of the one after them. */
  readonly chunks: number
  readonly items: number
  /** Events fed, promises not counted. */
  readonly events: number
  /** The feed came to its end. */
  readonly ended: boolean
  /** What the input is made of, for people and for comparison (J2). */
  readonly input: string
}

export const feedTopic = (app: string): string => `${app}.feed`
export const feedTopicSpec = (app: string): TopicSpec => ({ name: feedTopic(app), partitions: 1, cleanup: 'delete' })

/** What makes two feeds the same. A file counts by its name and size. */
export function feedInput({ target, seed, flags, data, events }: Origin): string {
  const parts = [target, `--seed ${seed}`]
  if (events !== null) parts.push(`--events ${events}`)
  if (data !== null) parts.push(`--data ${basename(data)} (${statSync(data, { throwIfNoEntry: false })?.size ?? 0} bytes)`)
  for (const [name, value] of Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1))) parts.push(`--${name} ${value}`)
  return parts.join(' ')
}

/** Looked for backwards: the log's end may hold markers. */
async function newestValue(log: Log, topic: string, end: number): Promise<Uint8Array | null | undefined> {
  const earliest = await log.offsetsAt(topic, 0, 'earliest')
  for (let back = 1; end > earliest; back *= 8) {
    const from = Math.max(earliest, end - back)
    let newest: Uint8Array | null | undefined
    for await (const records of recordsUpTo(log, topic, 0, from, end)) newest = records.at(-1)?.value ?? newest
    if (newest !== undefined || from === earliest) return newest
  }
  return undefined
}

/** The newest progress; undefined: nothing was fed. */
export async function readFeedProgress(log: Log, app: string): Promise<FeedProgress | undefined> {
  const topic = feedTopic(app)
  if (!(await log.topics()).some(({ name }) => name === topic)) return undefined
  const end = await log.offsetsAt(topic, 0, 'latest')
  if (end === 0) return undefined
  const value = await newestValue(log, topic, end)
  if (value === undefined) return undefined
  const text = value === null ? undefined : utf8Decode(value)
  if (text === undefined) throw new OperationError('feed/progress', `topic ${topic}, before offset ${end}: not a progress record. Start over with --fresh.`)
  return JSON.parse(text) as FeedProgress
}

export function progressRecord(app: string, progress: FeedProgress, nowMs: number): OutRecord {
  return { topic: feedTopic(app), partition: 0, key: null, value: utf8Encode(JSON.stringify(progress)), headers: [], timestampMs: nowMs }
}

/** Throws when what was fed came from another input (J2). */
export function assertSameInput(folder: string, found: FeedProgress | undefined, input: string): void {
  if (found === undefined || found.input === input) return
  throw new OperationError('feed/other-input', `data folder ${folder} holds a run of another input:\n  there: ${found.input}\n  now:   ${input}\nRun with the same input to continue it, choose another folder (--folder), or start over (--fresh).`)
}

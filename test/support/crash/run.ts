// Starts the ledger again and again until it ends in order, as a supervising parent would; and reads what it left.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../adapters/memory/clock.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import { openSqliteLog } from '../../../adapters/sqlite/log.ts'
import type { SqliteLog } from '../../../adapters/sqlite/log.ts'
import { parkedEntities } from '../../../system/inspect/parked.ts'
import type { ParkedEntity } from '../../../system/inspect/parked.ts'
import { readDeadLetter } from '../../../system/partition/dead-letters.ts'
import type { DeadLetterInfo } from '../../../system/partition/dead-letters.ts'
import { readParked } from '../../../system/partition/parking.ts'
import type { ParkedInfo } from '../../../system/partition/parking.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import { partitionOf } from '../../../system/protocol/murmur2.ts'
import { utf8Decode, utf8Encode } from '../../../system/protocol/utf8.ts'
import type { LogRecord, OutRecord } from '../../../system/protocol/record.ts'
import type { CrashTask } from './child.ts'
import { ledger } from './system.ts'
import type { Deed } from './system.ts'

const CHILD = join(import.meta.dirname, 'child.ts')
const STARTS_MAX = 12

export interface Ran {
  readonly starts: number
  /** What the processes said, line by line. */
  readonly said: readonly string[]
}

/** Feeds deeds into the folder. */
export async function feed(folder: string, partitions: number, deeds: readonly Deed[]): Promise<void> {
  const log = await openSqliteLog({ folder, mode: 'runtime', clock: systemClock })
  await log.ensureTopics(topicSpecs(planSystem(ledger(partitions, new Set()))))
  const records = deeds.map((deed): OutRecord => {
    const key = utf8Encode(deed.account)
    return { topic: 'deeds', partition: partitionOf(key, partitions), key, value: utf8Encode(JSON.stringify(deed)), headers: [], timestampMs: deed.time }
  })
  const outcome = await log.append(records)
  if (outcome.kind !== 'done') throw new TypeError(outcome.reason)
  await log.close()
}

/** Until a start ends with exit code 0, or with the one `until` names. */
export async function untilDone(runtime: string, task: CrashTask, runtimeArgs: readonly string[] = []): Promise<Ran> {
  const said: string[] = []
  for (let starts = 1; starts <= STARTS_MAX; starts += 1) {
    const child = spawn(runtime, [...runtimeArgs, CHILD], { stdio: ['ignore', 'pipe', runtimeArgs.length > 0 ? 'ignore' : 'inherit'], env: { ...process.env, STATELOG_CRASH: JSON.stringify(task), NODE_NO_WARNINGS: '1' } })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
    const [code] = (await once(child, 'close')) as [number | null]
    const lines = text.split('\n').filter((line) => line !== '')
    said.push(...lines)
    if (code === 0 || (task.end === 'die' && lines.includes('{"consumed":true}'))) return { starts, said }
  }
  throw new TypeError(`not done after ${STARTS_MAX} starts: ${said.join('\n')}`)
}

export interface Left {
  readonly letters: readonly DeadLetterInfo[]
  readonly parked: readonly (ParkedInfo & { readonly key: string })[]
  /** Outputs by account, in order: sum and count. */
  readonly sums: ReadonlyMap<string, readonly string[]>
  /** Attempts of the newest journal records. */
  readonly kinds: readonly string[]
}

/** Everything of interest that a run left in its folder. */
export async function look(folder: string, partitions: number): Promise<Left> {
  const log = await openSqliteLog({ folder, mode: 'client', clock: systemClock })
  const letters: DeadLetterInfo[] = []
  const parked: (ParkedInfo & { readonly key: string })[] = []
  const sums = new Map<string, string[]>()
  const kinds: string[] = []
  const text = (bytes: Uint8Array | null): string => utf8Decode(bytes ?? new Uint8Array()) ?? ''
  for (let partition = 0; partition < partitions; partition += 1) {
    for (const record of await all(log, 'deeds.dlq', partition)) letters.push(readDeadLetter(record) as DeadLetterInfo)
    for (const record of await all(log, 'ledger.account.parked', partition)) parked.push({ ...(readParked(record) as ParkedInfo), key: text(record.key) })
    for (const record of await all(log, 'sums', partition)) {
      const { sum, count } = JSON.parse(text(record.value)) as { sum: number; count: number }
      sums.set(text(record.key), [...(sums.get(text(record.key)) ?? []), `${sum}/${count}`])
    }
    for (const record of await all(log, 'ledger.account.journal', partition)) kinds.push(((cborCodec.decode(record.value ?? new Uint8Array()) as { value: unknown[] }).value[4]) as string)
  }
  await log.close()
  return { letters, parked, sums, kinds }
}

/** Who is parked, as a reader is told. */
export async function parkedAccounts(folder: string, partitions: number): Promise<readonly ParkedEntity[]> {
  const log = await openSqliteLog({ folder, mode: 'client', clock: systemClock })
  const found: ParkedEntity[] = []
  for (const plan of planSystem(ledger(partitions, new Set())).values()) {
    for (let partition = 0; partition < partitions; partition += 1) found.push(...await parkedEntities({ log, codec: cborCodec, clock: wallClock }, plan, partition))
  }
  await log.close()
  return found
}

async function all(log: SqliteLog, topic: string, partition: number): Promise<readonly LogRecord[]> {
  return (await log.read(topic, partition, 0, Infinity, { recordsMax: Infinity, bytesMax: Infinity })).records
}

/** What the accounts must have written, from the deeds alone; `without`: deeds that were refused. */
export function expectedSums(deeds: readonly Deed[], without: (deed: Deed) => boolean = () => false): ReadonlyMap<string, readonly string[]> {
  const sums = new Map<string, { sum: number; count: number; out: string[] }>()
  for (const deed of deeds) {
    if (without(deed)) continue
    const account = sums.get(deed.account) ?? { sum: 0, count: 0, out: [] }
    account.sum += deed.n
    account.count += 1
    account.out.push(`${account.sum}/${account.count}`)
    sums.set(deed.account, account)
  }
  return new Map([...sums].map(([account, { out }]) => [account, out]))
}

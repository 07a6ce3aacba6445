// Runs the poisoned source through its actor, with or without the bad records, and reads what came of it.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { SimulatedClock } from '../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { partitionOf } from '../../../system/protocol/murmur2.ts'
import type { LogRecord, OutRecord } from '../../../system/protocol/record.ts'
import { readLetter } from './checker-codec.ts'
import { SILENT } from './cluster.ts'
import { drive } from './clocks.ts'
import { comparableOutputs } from './comparable.ts'
import { dumpLog } from './dump.ts'
import { appendAll } from './feed.ts'
import { POISON_NOW_MS, poisonRecords, poisonSystem } from './poison.ts'
import type { PoisonRecord } from './poison.ts'

export interface PoisonRun {
  /** Dead letters by class. */
  readonly letters: ReadonlyMap<string, number>
  /** What the generator made, by class. */
  readonly made: ReadonlyMap<string, number>
  readonly outputs: ReadonlyMap<string, readonly string[]>
  /** Letters that have not the key and the bytes of their input, or stand twice. */
  readonly faults: readonly string[]
  /** Longest value of a letter, bytes. */
  readonly letterBytesMax: number
}

const PARTITIONS = 4
const CHUNK = 500
const LETTER_BYTES_MAX = 64 * 1024

export async function runPoison(seed: number, count: number, withBad: boolean): Promise<PoisonRun> {
  const clock = new SimulatedClock(POISON_NOW_MS)
  const log = memoryLog({ clock, keyed: true })
  const node = new StatelogNode({ system: poisonSystem(), log, codec: cborCodec, clock, random: new SeededRandom(seed), telemetry: SILENT, models: new Map() })
  await node.start()
  const made = new Map<string, number>()
  let chunk: OutRecord[] = []
  const flush = async (): Promise<void> => {
    await appendAll(log, chunk)
    chunk = []
  }
  for (const record of poisonRecords(seed, count)) {
    if (record.class !== undefined) made.set(record.class, (made.get(record.class) ?? 0) + 1)
    if (record.class === undefined || withBad) chunk.push(outRecord(record))
    if (chunk.length >= CHUNK) await flush()
  }
  await flush()
  await drive(clock, async () => {
    for (let index = 0; index < PARTITIONS; index += 1) {
      if (node.partition('shop', index)?.live?.parts.position.of('payments') !== (await log.offsetsAt('payments', index, 'latest'))) return false
    }
    return true
  }, 3_600_000)
  let isStopped = false
  void node.stop().then(() => (isStopped = true))
  await drive(clock, () => isStopped, 60_000)
  const dump = await dumpLog(log, [])
  const letters = new Map<string, number>()
  const faults: string[] = []
  let letterBytesMax = 0
  for (const [partition, records] of (dump.topics.get('payments.dlq') ?? []).entries()) {
    const inputs = dump.topics.get('payments')?.[partition] ?? []
    const seen = new Set<number>()
    for (const record of records) {
      const letter = readLetter(record)
      letters.set(letter?.class ?? 'none', (letters.get(letter?.class ?? 'none') ?? 0) + 1)
      letterBytesMax = Math.max(letterBytesMax, record.value?.length ?? 0)
      const offset = letter?.offset ?? -1
      if (seen.has(offset)) faults.push(`payments/${partition}: two letters for ${offset}`)
      seen.add(offset)
      if (!isLetterOf(record, inputs[offset])) faults.push(`payments/${partition}: the letter for ${offset} has other bytes`)
    }
  }
  return { letters: sorted(letters), made: sorted(made), outputs: comparableOutputs(dump, ['counts']), faults, letterBytesMax }
}

function outRecord(record: PoisonRecord): OutRecord {
  const partition = record.key === null ? 0 : partitionOf(record.key, PARTITIONS)
  return { topic: 'payments', partition, key: record.key, value: record.value, headers: [], timestampMs: POISON_NOW_MS }
}

const same = (a: Uint8Array | null, b: Uint8Array | null): boolean => (a === null || b === null ? a === b : a.length === b.length && a.every((byte, index) => byte === b[index]))

function isLetterOf(letter: LogRecord, input: LogRecord | undefined): boolean {
  return input !== undefined && same(letter.key, input.key) && same(letter.value, input.value?.slice(0, LETTER_BYTES_MAX) ?? null)
}

const sorted = (counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> => new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))

// The errands on a cluster, from outside: processes that own them one after the other, what is sent to them, and what stands in their log.
//
// Owns: the processes and the connection. What an owner did is read from the log alone, but for the tasks that it started.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../adapters/memory/clock.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import { openCluster } from '../../../adapters/node/medium.ts'
import type { KafkaMedium } from '../../../adapters/node/medium.ts'
import type { CommittedLog } from '../../../adapters/node/look.ts'
import { recordsOf } from '../../../adapters/node/outputs.ts'
import { verifyPartition } from '../../../system/inspect/verify.ts'
import { commandRecord } from '../../../system/node/commands.ts'
import { decodeEnvelope } from '../../../system/partition/envelope.ts'
import { decodeJournal } from '../../../system/partition/journal.ts'
import type { JournalRecord } from '../../../system/partition/journal.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'
import { utf8Decode } from '../../../system/protocol/utf8.ts'
import type { ErrandsTask } from './child.ts'
import { errands } from './errands.ts'

const CHILD = join(import.meta.dirname, 'child.ts')

export interface Owner {
  /** Keys of the tasks that it started. */
  readonly started: readonly string[]
  kill(): Promise<void>
}

export interface Placed {
  readonly partition: number
  readonly record: LogRecord
}

export const keyOf = ({ record }: Placed): string => utf8Decode(record.key ?? new Uint8Array()) ?? ''

export class Errands {
  readonly plan: TypePlan
  readonly #log: CommittedLog
  readonly #medium: KafkaMedium
  readonly #children: ChildProcess[] = []

  private constructor(log: CommittedLog, medium: KafkaMedium) {
    this.#log = log
    this.#medium = medium
    this.plan = planSystem(errands(async () => '')).get('errand') as TypePlan
  }

  static async on(kafka: string): Promise<Errands> {
    const medium: KafkaMedium = { kind: 'kafka', brokers: kafka, namespace: `errands-${randomUUID().slice(0, 8)}.` }
    const made = new Errands(await openCluster(medium, systemClock), medium)
    await made.#log.ensureTopics(topicSpecs(planSystem(errands(async () => ''))))
    return made
  }

  /** A process of its own, which takes over from whoever died. */
  owner(task: Omit<ErrandsTask, 'kafka'>): Owner {
    const child = spawn(process.execPath, [CHILD], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, STATELOG_ERRANDS: JSON.stringify({ ...task, kafka: this.#medium }) } })
    this.#children.push(child)
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    return { get started() { return said.split('\n').slice(0, -1) }, kill: () => killed(child) }
  }

  async send(ids: readonly string[], type: string): Promise<void> {
    const outcome = await this.#log.append(ids.map((id) => commandRecord(cborCodec, this.plan, id, { type }, randomUUID(), systemClock.nowMs())))
    if (outcome.kind !== 'done') throw new TypeError(`sent: ${outcome.kind}`)
  }

  /** What came back from tasks, once more: as from an earlier owner who was slow. */
  async repeatResults(): Promise<number> {
    const results = (await this.records(this.plan.inbox)).filter(({ record }) => record.value !== null && decodeEnvelope(cborCodec, record.value).kind === 'task')
    const outcome = await this.#log.append(results.map(({ partition, record: { key, value, headers, timestampMs } }) => ({ topic: this.plan.inbox, partition, key, value, headers, timestampMs })))
    if (outcome.kind !== 'done') throw new TypeError(`repeated: ${outcome.kind}`)
    return results.length
  }

  async records(topic: string): Promise<readonly Placed[]> {
    const found: Placed[] = []
    for await (const placed of recordsOf(this.#log, topic)) found.push(placed)
    return found
  }

  /** The journal of every partition. */
  async journals(): Promise<readonly (readonly JournalRecord[])[]> {
    const found: JournalRecord[][] = Array.from({ length: this.plan.partitions }, () => [])
    for (const { partition, record } of await this.records(this.plan.journal)) {
      const read = record.value === null ? undefined : decodeJournal(cborCodec, record.value)
      if (read !== undefined) found[partition]?.push(read)
    }
    return found
  }

  /** Whether everything that was sent is committed. */
  async isConsumed(): Promise<boolean> {
    const ends = await Promise.all((await this.journals()).map(async (journal, partition) => {
      const records = (await this.records(this.plan.inbox)).filter((one) => one.partition === partition)
      return (journal.at(-1)?.positions.get(this.plan.inbox) ?? 0) > (records.at(-1)?.record.offset ?? -1)
    }))
    return ends.every(Boolean)
  }

  /** What a replay of the journals finds wrong. */
  async problems(): Promise<readonly unknown[]> {
    const found: unknown[] = []
    for (let partition = 0; partition < this.plan.partitions; partition += 1) {
      const { gone, outputMismatches, stateMismatches } = await verifyPartition({ log: this.#log, codec: cborCodec, clock: wallClock }, this.plan, partition)
      found.push(...(gone === undefined ? [] : [gone]), ...outputMismatches, ...stateMismatches)
    }
    return found
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map(killed))
    await this.#log.close()
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

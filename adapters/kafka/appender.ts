// Appends records outside of any transaction: what producers, gateways and operators write.
//
// Owns: one idempotent producer. Appends go one after the other; what waits together goes together.
//
// L6. The records of one topic partition are one batch, in their order: written whole or not at all.
import type { AppendOutcome } from '../../system/ports/log.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Cluster, Effort } from './cluster.ts'
import { messageOf } from './cluster.ts'
import { codeOf, isRefusal, isTransport, retryOf } from './codes.ts'
import type { Packer } from './packing.ts'
import { Refused, sendBatches } from './produce.ts'
import type { OutBatch } from './produce.ts'
import type { PlannedBatch } from './transaction.ts'
import { initProducerIdV4 } from './wire.ts'

const USE = 'append'

export class Appender {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #packer: Packer
  readonly #appendMsMax: number
  readonly #sequences = new Map<string, number>()
  #producer: { readonly producerId: bigint; readonly epoch: number } | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(cluster: Cluster, clock: Clock, packer: Packer, appendMsMax: number) {
    this.#cluster = cluster
    this.#clock = clock
    this.#packer = packer
    this.#appendMsMax = appendMsMax
  }

  append(records: readonly OutRecord[]): Promise<AppendOutcome> {
    const done = this.#last.then(() => this.#append(records))
    this.#last = done.catch(() => undefined)
    return done
  }

  async #append(records: readonly OutRecord[]): Promise<AppendOutcome> {
    const effort: Effort = { untilMs: this.#clock.monotonicMs() + this.#appendMsMax }
    try {
      const refused = await this.#packer.refused(records)
      if (refused !== undefined) return { kind: 'failed', reason: refused.reason }
      const packed = await this.#packer.pack(records)
      if (packed.rounds.length > 1) return { kind: 'failed', reason: `${records.length} records are more than one batch of a partition takes: append fewer at once` }
      const [planned = []] = packed.rounds
      const bases = await this.#send(planned, effort)
      return { kind: 'done', offsets: packed.offsetsOf(new Map(planned.map((batch, index) => [batch, bases[index] ?? -1]))) }
    } catch (thrown) {
      return this.#outcome(thrown)
    }
  }

  #outcome(thrown: unknown): AppendOutcome {
    const code = codeOf(thrown)
    // Which sequences the brokers took is not known any more.
    this.#producer = undefined
    if (thrown instanceof OperationError) return { kind: thrown.code === 'kafka/unreachable' ? 'busy' : 'failed', reason: thrown.message }
    if (thrown instanceof Refused && isRefusal(code)) return { kind: 'failed', reason: messageOf(thrown) }
    if (isTransport(code) || retryOf(code) !== 'no') return { kind: 'failed', reason: `not confirmed within ${this.#appendMsMax} ms, and may have been written: ${messageOf(thrown)}` }
    return { kind: 'failed', reason: messageOf(thrown) }
  }

  async #send(planned: readonly PlannedBatch[], effort: Effort): Promise<readonly number[]> {
    if (planned.length === 0) return []
    const { producerId, epoch } = await this.#identity(effort)
    const out = planned.map(({ topic, partition, batch }): OutBatch => {
      const name = `${topic}/${partition}`
      const sequence = this.#sequences.get(name) ?? 0
      this.#sequences.set(name, (sequence + batch.count) % 0x8000_0000)
      return { topic, partition, bytes: batch.finish({ producerId, epoch, sequence, isTransactional: false }) }
    })
    return sendBatches(this.#cluster, USE, null, out, effort)
  }

  async #identity(effort: Effort): Promise<{ readonly producerId: bigint; readonly epoch: number }> {
    if (this.#producer !== undefined) return this.#producer
    const ask = (): ReturnType<typeof initProducerIdV4.api.async> => this.#cluster.anyBroker((connection) => initProducerIdV4.api.async(connection, null, 0, -1n, -1))
    const made = await this.#cluster.repeat(effort, ask, async () => undefined)
    this.#sequences.clear()
    this.#producer = { producerId: made.producerId, epoch: made.producerEpoch }
    return this.#producer
  }
}

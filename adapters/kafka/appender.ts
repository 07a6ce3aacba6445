// Appends records outside of any transaction: what producers, gateways and operators write.
//
// Owns: one idempotent producer. Appends go one after the other; what waits together goes together.
//
// A name that another process took is never taken back: only who opens a log anew with it is told to take it.
//
// L6. The records of one topic partition are one batch, in their order: written whole or not at all. With a transactional id all records of an append are.
import type { AppendOutcome } from '../../system/ports/log.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Cluster, Effort } from './cluster.ts'
import { messageOf } from './cluster.ts'
import { codeOf, isFenced, isRefusal, isTransport, retryOf } from './codes.ts'
import { commitPacked } from './packed-commit.ts'
import { Packed } from './packing.ts'
import type { Packer } from './packing.ts'
import { Refused, sendBatches } from './produce.ts'
import type { OutBatch, Sent } from './produce.ts'
import type { Transactions } from './transaction.ts'
import type { PlannedBatch } from './transaction-plan.ts'
import { initProducerIdV4 } from './transaction-requests.ts'

const USE = 'append'
const TAKEN: AppendOutcome = { kind: 'failed', reason: 'another process appends under the same name' }

export interface AppenderOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly packer: Packer
  /** For appends that one batch of one partition does not hold. */
  readonly together: Transactions | undefined
  /** After so long without an answer, whether it was written is not known, ms. */
  readonly appendMsMax: number
}

export class Appender {
  readonly #options: AppenderOptions
  readonly #sequences = new Map<string, number>()
  #producer: { readonly producerId: bigint; readonly epoch: number } | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** Of the transactional id. `doubtful`: the last end is not known or was a fence, and another process may have taken it since. */
  #name: 'unclaimed' | 'ours' | 'doubtful' | 'taken' = 'unclaimed'

  constructor(options: AppenderOptions) {
    this.#options = options
  }

  append(records: readonly OutRecord[]): Promise<AppendOutcome> {
    const done = this.#last.then(() => this.#append(records))
    this.#last = done.catch(() => undefined)
    return done
  }

  async #append(records: readonly OutRecord[]): Promise<AppendOutcome> {
    if (records.length === 0) return { kind: 'done', offsets: [] }
    const { clock, packer, together, appendMsMax } = this.#options
    const effort: Effort = { untilMs: clock.monotonicMs() + appendMsMax }
    try {
      const packed = await packer.pack(records)
      if (!(packed instanceof Packed)) return { kind: 'failed', reason: packed.reason }
      const isOne = packed.rounds.length === 1 && packed.rounds[0]?.length === 1
      if (together !== undefined && !isOne) return await this.#together(together, packed, effort)
      if (packed.rounds.length > 1) return { kind: 'failed', reason: `${records.length} records are more than one batch of a partition takes: append fewer at once` }
      const [planned = []] = packed.rounds
      const sent = await this.#send(planned, effort)
      if (sent.kind === 'failed') return this.#outcome(sent.thrown, sent.mayStand)
      return { kind: 'done', offsets: packed.offsetsOf(new Map(planned.map((batch, index) => [batch, sent.offsets[index] ?? -1]))) }
    } catch (thrown) {
      return this.#outcome(thrown, false)
    }
  }

  /** All partitions or none. */
  async #together(transactions: Transactions, packed: Packed, effort: Effort): Promise<AppendOutcome> {
    if (!(await this.#isOurs(transactions, effort))) return TAKEN
    this.#name = 'doubtful'
    const end = await commitPacked(transactions, this.#options.packer, packed, [], effort)
    if (end.kind !== 'fenced' && end.kind !== 'unknown') this.#name = 'ours'
    if (end.kind === 'committed') return { kind: 'done', offsets: end.packed.offsetsOf(end.offsets) }
    // Brokers shut out who lets a transaction stand open for too long as well.
    if (end.kind === 'fenced') return (await this.#isOurs(transactions, effort).catch(() => true)) ? { kind: 'busy', reason: `nothing was written: ${end.reason}` } : TAKEN
    return end.kind === 'rejected' ? { kind: 'failed', reason: end.reason } : { kind: 'unknown', reason: `not confirmed, and may have been written: ${end.reason}` }
  }

  async #isOurs(transactions: Transactions, effort: Effort): Promise<boolean> {
    if (this.#name === 'ours' || this.#name === 'taken') return this.#name === 'ours'
    try {
      await (this.#name === 'unclaimed' ? transactions.fence(effort) : transactions.renew(effort))
    } catch (thrown) {
      if (this.#name === 'unclaimed' || !isFenced(codeOf(thrown))) throw thrown
      this.#name = 'taken'
      return false
    }
    this.#name = 'ours'
    return true
  }

  #outcome(thrown: unknown, mayStand: boolean): AppendOutcome {
    const code = codeOf(thrown)
    // Which sequences the brokers took is not known any more.
    this.#producer = undefined
    if (mayStand) return { kind: 'unknown', reason: `not confirmed, and may have been written, in part or whole: ${messageOf(thrown)}` }
    if (thrown instanceof OperationError) return { kind: thrown.code === 'kafka/unreachable' ? 'busy' : 'failed', reason: thrown.message }
    if (thrown instanceof Refused && isRefusal(code)) return { kind: 'failed', reason: messageOf(thrown) }
    if (isTransport(code) || retryOf(code) !== 'no') return { kind: 'busy', reason: `not taken within ${this.#options.appendMsMax} ms: ${messageOf(thrown)}` }
    return { kind: 'failed', reason: messageOf(thrown) }
  }

  async #send(planned: readonly PlannedBatch[], effort: Effort): Promise<Sent> {
    const { producerId, epoch } = await this.#identity(planned.map(({ topic }) => topic), effort)
    const out = planned.map(({ topic, partition, batch }): OutBatch => {
      const name = `${topic}/${partition}`
      const sequence = this.#sequences.get(name) ?? 0
      this.#sequences.set(name, (sequence + batch.count) % 0x8000_0000)
      return { topic, partition, bytes: batch.finish({ producerId, epoch, sequence, isTransactional: false }) }
    })
    return sendBatches(this.#options.cluster, USE, null, out, effort)
  }

  async #identity(topics: readonly string[], effort: Effort): Promise<{ readonly producerId: bigint; readonly epoch: number }> {
    if (this.#producer !== undefined) return this.#producer
    const ask = (): ReturnType<typeof initProducerIdV4> => this.#options.cluster.anyBroker((connection) => initProducerIdV4(connection, null, 0, -1n, -1), 'any', null)
    const made = await this.#options.cluster.repeat(effort, { topics: [...new Set(topics)] }, ask, async () => undefined)
    this.#sequences.clear()
    this.#producer = { producerId: made.producerId, epoch: made.producerEpoch }
    return this.#producer
  }
}

// The transactions of one transactional id: the fence of a partition, and the commits of its owner.
//
// Owns: the producer of the id. kafkajs keeps its sequences and its state, and neither can be trusted after an error: the producer goes with it.
//
// L1. Everything between the first send and the end of a transaction becomes visible together.
// L2. Only the newest `fence` of the id can end a transaction. Its first `transaction()` is what asks for the id; `connect()` does not.
// L5. The end of a transaction is sent once: any answer but success or a fence leaves the outcome unknown.
// L7. A record is written once: kafkajs makes a request for each leader, and when one of them fails it makes those anew that have not ended yet. So each
//     partition has a request of its own, which has one leader. All of a send have ended before the next one, and before what they wrote is taken back.
// L8. What was not sent, since nobody coordinates or leads for now, or is refused by who does not coordinate any more, or not yet, or still sends the markers of the
//     transaction before, is asked for again in the same transaction: records under the same sequence, of which a leader takes one, and the same offsets. A request to
//     a coordinator that was sent and not answered is not: it may come late.
// T1. After any failure nothing of this object may be used again, but `fence`. A transaction with an error in it is never committed: kafkajs would say that it was.
// T2. No step waits for longer than the brokers keep a transaction open: kafkajs counts tries, and each of them may take its time. What comes of it later is not committed.
// T3. Who was closed does not ask for the id any more (C4 of `coordinators.ts`): it would shut out who has it by then.
import type { Producer, RecordMetadata, Transaction } from 'kafkajs'
import { assert } from '../../system/protocol/assert.ts'
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { Visibility } from '../../system/membership/visibility.ts'
import { announcing } from './announcements.ts'
import type { TopicPartitions } from './announcements.ts'
import type { Client } from './client.ts'
import { codeOf, isFenced, isForbidden, isNotNow, isNotYet, isRefusal, isUnsent, messageOf, refusal } from './codes.ts'
import { culpritsOf } from './culprits.ts'
import { Late, Overtaken, RefusedSend } from './errors.ts'
import { writtenBy } from './packing.ts'
import type { Send } from './packing.ts'
import type { OffsetToCommit, TransactionEnd, TransactionPlan } from './transaction-plan.ts'

export interface TransactionOptions {
  readonly client: Client
  readonly clock: Clock
  readonly transactionalId: string
  readonly group: string
  readonly partition: number
  readonly visibility: Visibility
  /** After this long without an end the broker aborts, ms. */
  readonly timeoutMs: number
  readonly fenceMsMax: number
  /** What the id's owners committed, in words that change with every commit of another owner. Without one there is nothing of theirs to repeat. */
  witness?(): Promise<string>
}

const FENCE_AGAIN_MS = 50
const AGAIN_MS = 2
const AGAIN_MS_MAX = 20

interface Begun {
  transaction?: Transaction
  /** Of each record, once the end is asked for. */
  offsets?: readonly number[]
}

export class Transactions {
  readonly #options: TransactionOptions
  #producer: Producer | undefined
  #isUsable = false

  constructor(options: TransactionOptions) {
    this.#options = options
  }

  /** Shuts out every earlier owner of the id, and ends what it left open. Throws when the time is over or the signal aborts: `Unreachable` where it may be granted later. */
  async fence(signal?: AbortSignal): Promise<void> {
    const { clock, transactionalId, fenceMsMax } = this.#options
    const untilMs = clock.monotonicMs() + fenceMsMax
    for (;;) {
      try {
        await this.#begin(signal)
        return
      } catch (thrown) {
        this.close()
        const code = codeOf(thrown)
        if (isForbidden(code)) throw refusal(thrown, { transactionalId })
        if (signal?.aborted === true || clock.monotonicMs() > untilMs) {
          throw new (thrown instanceof Unreachable || isNotYet(code) ? Unreachable : OperationError)('kafka/fence', `the transactional id ${transactionalId} was not granted: ${messageOf(thrown)}`)
        }
        await clock.sleep(FENCE_AGAIN_MS, signal)
      }
    }
  }

  async commit(plan: TransactionPlan): Promise<TransactionEnd> {
    const producer = this.#producer
    assert(this.#isUsable && producer !== undefined, 'T1: a transaction after a failure')
    const { visibility, transactionalId } = this.#options
    this.#isUsable = false
    const begun: Begun = {}
    try {
      const offsets = await this.#inTime(producer, this.#make(producer, plan, begun))
      this.#isUsable = true
      return { kind: 'committed', offsets }
    } catch (thrown) {
      visibility.forget(transactionalId)
      if (thrown instanceof RefusedSend && begun.transaction !== undefined) return this.#takeBack(producer, begun.transaction, thrown, plan)
      this.close()
      return thrown instanceof Overtaken || isFenced(codeOf(thrown)) ? { kind: 'fenced', reason: messageOf(thrown) } : { kind: 'unknown', reason: messageOf(thrown), isAway: isNotYet(codeOf(thrown)), offsets: begun.offsets }
    }
  }

  async #make(producer: Producer, plan: TransactionPlan, begun: Begun): Promise<readonly number[]> {
    const { visibility, transactionalId } = this.#options
    const transaction = await producer.transaction()
    begun.transaction = transaction
    const offsets = await this.#write(producer, transaction, plan)
    this.#assertUnder(producer)
    await plan.mayEnd?.(offsets)
    this.#assertUnder(producer)
    begun.offsets = offsets
    visibility.ending(transactionalId, writtenBy(plan.sends, offsets))
    plan.ending?.()
    await transaction.commit()
    return offsets
  }

  /** T2. */
  #assertUnder(producer: Producer): void {
    if (this.#producer !== producer) throw new Late('the transaction was given up')
  }

  /** T2. Until the signal, if that is sooner. */
  async #inTime<T>(producer: Producer, work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const { clock, timeoutMs } = this.#options
    const isOver = new AbortController()
    let isLate = false
    const late = clock.sleep(timeoutMs, signal === undefined ? isOver.signal : AbortSignal.any([isOver.signal, signal])).then(() => {
      isLate = true
      throw new Late(`not made within ${timeoutMs} ms`)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      const hasLeft = isLate || this.#producer !== producer
      isOver.abort()
      late.catch(() => undefined)
      // Whoever is still at it, or was at it when it was closed, connects again.
      if (hasLeft) void work.catch(() => undefined).then(() => producer.disconnect()).catch(() => undefined)
    }
  }

  /** Idempotent. */
  close(): void {
    this.#isUsable = false
    const producer = this.#producer
    this.#producer = undefined
    void producer?.disconnect().catch(() => undefined)
  }

  async #begin(signal?: AbortSignal): Promise<void> {
    const { client, transactionalId, timeoutMs } = this.#options
    this.close()
    if (signal?.aborted === true) throw new Late('the fence was given up')
    const producer = client.transactional(transactionalId, timeoutMs)
    this.#producer = producer
    await this.#inTime(producer, this.#ask(producer), signal)
    this.#isUsable = this.#producer === producer
  }

  /** T3. */
  async #ask(producer: Producer): Promise<void> {
    try {
      await producer.connect()
      if (this.#producer !== producer) throw new Late('the fence was given up')
      await (await producer.transaction()).abort()
    } finally {
      // Closed meanwhile, it may have connected again.
      if (this.#producer !== producer) await producer.disconnect().catch(() => undefined)
    }
  }

  async #write(producer: Producer, transaction: Transaction, { sends, offsets }: TransactionPlan): Promise<number[]> {
    const found: number[] = []
    const parts = sends.map((send) => send.split())
    await announcing(this.#options.transactionalId, parts.flat().map(placeOf), async () => {
      for (const [at, send] of sends.entries()) send.note(await this.#send(producer, transaction, parts[at] ?? []), found)
    })
    if (offsets.length > 0) await this.#sendOffsets(producer, transaction, offsets)
    return found
  }

  /** L7. */
  async #send(producer: Producer, transaction: Transaction, parts: readonly Send[]): Promise<readonly RecordMetadata[]> {
    const sent = parts.map((part) => this.#sendOne(producer, transaction, part))
    try {
      return (await Promise.all(sent)).flat()
    } catch (thrown) {
      const settled = Promise.allSettled(sent)
      if (thrown instanceof RefusedSend) {
        const worse = (await settled).flatMap((each) => (each.status === 'rejected' && !(each.reason instanceof RefusedSend) ? [each.reason as unknown] : []))
        throw worse.length > 0 ? worse[0] : thrown
      }
      // Whoever sends connects again, also for a producer that was closed meanwhile.
      void settled.then(() => (this.#producer === producer ? undefined : producer.disconnect().catch(() => undefined)))
      throw thrown
    }
  }

  async #sendOne(producer: Producer, transaction: Transaction, send: Send): Promise<readonly RecordMetadata[]> {
    try {
      return await this.#patiently(producer, () => transaction.sendBatch({ acks: -1, topicMessages: send.topicMessages }))
    } catch (thrown) {
      const code = codeOf(thrown)
      if (isForbidden(code)) throw refusal(thrown, { topics: send.topics, operation: 'WRITE', transactionalId: this.#options.transactionalId })
      throw isRefusal(code) ? new RefusedSend(send, messageOf(thrown)) : thrown
    }
  }

  async #sendOffsets(producer: Producer, transaction: Transaction, offsets: readonly OffsetToCommit[]): Promise<void> {
    const { group, partition, transactionalId } = this.#options
    const topics = offsets.map(({ topic, offset, metadata }) => ({ topic, partitions: [{ partition, offset: String(offset), metadata }] }))
    try {
      await this.#patiently(producer, () => transaction.sendOffsets({ consumerGroupId: group, topics }))
    } catch (thrown) {
      throw isForbidden(codeOf(thrown)) ? refusal(thrown, { topics: topics.map(({ topic }) => topic), operation: 'READ', group, transactionalId }) : thrown
    }
  }

  /** L8. */
  async #patiently<T>(producer: Producer, ask: () => Promise<T>): Promise<T> {
    for (let againMs = AGAIN_MS; ; againMs = Math.min(AGAIN_MS_MAX, againMs * 1.2)) {
      try {
        return await ask()
      } catch (thrown) {
        if (!isUntaken(thrown)) throw thrown
        if (this.#producer === producer) await this.#options.clock.sleep(againMs)
        if (this.#producer !== producer) throw thrown
      }
    }
  }

  /**
   * Aborts, which only the owner can, and begins with another epoch. kafkajs cannot ask for the id under the condition that it is still ours (L2): it is not
   * asked for after the right has ended, and who took it meanwhile is seen by what was committed.
   */
  async #takeBack(producer: Producer, transaction: Transaction, { send, message }: RefusedSend, plan: TransactionPlan): Promise<TransactionEnd> {
    const { witness } = this.#options
    const { ended } = plan
    try {
      const before = await witness?.()
      plan.fencing?.()
      await this.#inTime(producer, transaction.abort())
      await this.#beginAgain(ended)
      const end = await this.#judged(send, message, plan)
      assertGoesOn(ended)
      if ((await witness?.()) === before) return end
      this.close()
      return { kind: 'fenced', reason: 'another owner committed while refused records were taken back' }
    } catch (thrown) {
      this.close()
      return { kind: ended?.aborted === true || isFenced(codeOf(thrown)) ? 'fenced' : 'unknown', reason: messageOf(thrown) }
    }
  }

  async #judged(send: Send, reason: string, { judge, ended }: TransactionPlan): Promise<TransactionEnd> {
    const known = send.placed.length > 1 ? await judge?.(send) : undefined
    if (known !== undefined) return known === 'crowded' ? { kind: 'crowded', reason } : { kind: 'refused', ...known }
    const records = await culpritsOf(send, (part) => this.#isRefused(part, ended))
    return records.length > 0 ? { kind: 'refused', records, reason } : { kind: 'crowded', reason }
  }

  /** In vain: what it takes is taken back. */
  async #isRefused(part: Send, ended: AbortSignal | undefined): Promise<boolean> {
    assertGoesOn(ended)
    const producer = this.#producer
    assert(producer !== undefined, 'T1: a transaction after a failure')
    const isRefused = await this.#inTime(producer, this.#try(producer, part))
    if (isRefused) await this.#beginAgain(ended)
    return isRefused
  }

  async #try(producer: Producer, part: Send): Promise<boolean> {
    const transaction = await producer.transaction()
    const isRefused = await this.#send(producer, transaction, part.split()).then(() => false, (thrown: unknown) => {
      if (thrown instanceof RefusedSend) return true
      throw thrown
    })
    await transaction.abort()
    return isRefused
  }

  async #beginAgain(ended: AbortSignal | undefined): Promise<void> {
    assertGoesOn(ended)
    await this.#begin(ended)
  }
}

/** L8. */
const isUntaken = (thrown: unknown): boolean => isUnsent(thrown) || isNotNow(codeOf(thrown))

const placeOf = ({ placed: [first] }: Send): TopicPartitions => ({ topic: first?.onCluster ?? '', partitions: [first?.record.partition ?? 0] })

function assertGoesOn(ended: AbortSignal | undefined): void {
  if (ended?.aborted === true) throw new OperationError('kafka/ended', 'the lease ended while refused records were taken back')
}

// The transactions of one transactional id: the fence of a partition, and the commits of its owner.
//
// Owns: the sequences of each topic partition. Producer id and epoch are of `renewal.ts`.
//
// L1. Everything between the first send and the end of a transaction becomes visible together.
// L2. Only the newest `fence` of the id can end a transaction.
// L5. The end of a transaction is sent again, which changes nothing where it was made already. Its answer counts from who took all the announcements on the same connection:
//     a coordinator that has been replaced and does not know it answers from memory of the transaction before. To another one they are made again first: only the
//     coordinator of now can take them, and only while nobody has aborted. Where the end was made already they begin an empty transaction, which it then ends.
//     A fence after one that may have been made leaves the outcome unknown.
// T1. After any failure nothing of this object may be used again, but `fence` and `renew`.
// T2. Nothing waits for longer than the brokers keep a transaction open.
// T3. What was asked of a coordinator and not answered may still reach it, and one that has been replaced remembers what was announced to it: the next transaction has
//     another epoch, for which neither counts. It is taken at once: what comes late could open a transaction, which the brokers give up, and their owner with it.
import { assert } from '../../system/protocol/assert.ts'
import type { Touched } from '../kafka-rights/rights.ts'
import type { Effort } from './cluster.ts'
import type { Connection } from './connection.ts'
import { messageOf } from './cluster.ts'
import { codeOf, isFenced, isTransport, retryOf } from './codes.ts'
import { inParallel, refusalOf } from './outcomes.ts'
import { sendBatches } from './produce.ts'
import type { OutBatch } from './produce.ts'
import { Identity } from './renewal.ts'
import type { Identified } from './renewal.ts'
import type { Visibility, Written } from '../../system/membership/visibility.ts'
import { whole } from './request.ts'
import type { OffsetToCommit, PlannedBatch, Refusal, Standing, TransactionEnd, TransactionPlan } from './transaction-plan.ts'
import { addOffsetsToTxnV3, addPartitionsToTxnV3, endTxnV3, txnOffsetCommitV3 } from './transaction-requests.ts'

export interface TransactionOptions extends Identified {
  readonly group: string
  readonly partition: number
  readonly visibility: Visibility
  /** The membership to commit under; waits for a newer one than `stale`. */
  standing(stale?: Standing): Promise<Standing | undefined>
}

/** What a coordinator must know before a transaction ends. */
interface Announcement {
  readonly ask: (connection: Connection) => Promise<void>
  readonly touched: Touched
}

/** L5. */
class EndUnknown extends TypeError {
  override readonly name = 'EndUnknown'
}

class Late extends TypeError {
  override readonly name = 'Late'
}

export class Transactions {
  readonly #options: TransactionOptions
  readonly #sequences = new Map<string, number>()
  readonly #identity: Identity
  #isUsable = false
  /** T2. */
  #openUntilMs = -Infinity
  /** T3. */
  #isDoubted = false
  /** T3. Whatever comes next waits for it. */
  #renewing: Promise<void> = Promise.resolve()
  /** L5. Those of the transaction under way, and who took them. */
  readonly #announced = new Map<Announcement, Connection | undefined>()
  #underWay = 0
  #isClosed = false

  constructor(options: TransactionOptions) {
    this.#options = options
    this.#identity = new Identity(options)
  }

  /** Shuts out every earlier owner of the id, and ends what it left open. */
  fence(effort: Effort): Promise<void> {
    return this.#while(() => this.#identity.fence(effort).then(() => this.#begin()))
  }

  /** Goes on under the own epoch after a failure. Throws a fence (L2) when another one has the id since: it is not taken back. */
  renew(effort: Effort): Promise<void> {
    return this.#while(() => this.#renew(effort))
  }

  /** `idle`: how long to wait for the announcements, with which nothing is written yet. */
  commit(plan: TransactionPlan, idle: Effort): Promise<TransactionEnd> {
    assert(this.#isUsable, 'T1: a transaction after a failure')
    this.#isUsable = false
    return this.#while(() => this.#commit(plan, idle))
  }

  /** Closes the connections of this id, when nothing is under way any more. */
  close(): void {
    this.#isClosed = true
    if (this.#underWay === 0) this.#options.cluster.connections.close(this.#options.use)
  }

  async #while<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay += 1
    try {
      await this.#renewing
      return await work()
    } finally {
      this.#underWay -= 1
      if (this.#isClosed) this.close()
    }
  }

  async #renew(effort: Effort): Promise<void> {
    await this.#identity.renew(effort)
    this.#begin()
  }

  async #commit(plan: TransactionPlan, idle: Effort): Promise<TransactionEnd> {
    const { visibility, transactionalId } = this.#options
    let written: readonly Written[] | undefined
    try {
      if (this.#isDoubted) await this.#renew(idle)
      this.#isUsable = false
      const offsets = await this.#write(plan, idle)
      if (!('kind' in offsets)) {
        written = [...offsets].map(([{ topic, partition, batch }, base]) => ({ topic, partition, end: base + batch.count }))
        visibility.ending(transactionalId, written)
        await this.#end(true)
        // Who read meanwhile may have waited for as long as it does.
        visibility.ending(transactionalId, written)
        this.#isUsable = true
        // Nobody waits for it who only wants to know the outcome. What fails is tried again with the next commit.
        if (this.#isDoubted && !this.#isClosed) this.#renewing = this.#while(() => this.#renew(this.#patience(idle))).catch(() => undefined)
        return { kind: 'committed', offsets }
      }
      return offsets.kind === 'refused' ? await this.#takeBack(offsets, idle) : offsets
    } catch (thrown) {
      if (written !== undefined) visibility.forget(transactionalId)
      const kind = isFenced(codeOf(thrown)) ? 'fenced' : 'unknown'
      return { kind, reason: messageOf(thrown) }
    }
  }

  /** Aborts, which only the owner can, and begins a new epoch: which sequences the brokers took is not known. */
  async #takeBack(refusal: Refusal, idle: Effort): Promise<Refusal> {
    await this.#renew(this.#patience(idle))
    return refusal
  }

  #patience({ signal }: Effort): Effort {
    const { clock, timeoutMs } = this.#options
    return { ...(signal === undefined ? {} : { signal }), untilMs: clock.monotonicMs() + timeoutMs }
  }

  #begin(): void {
    this.#sequences.clear()
    this.#isDoubted = false
    this.#isUsable = true
  }

  async #write({ rounds, offsets }: TransactionPlan, idle: Effort): Promise<Map<PlannedBatch, number> | Refusal | Extract<TransactionEnd, { readonly kind: 'fenced' }>> {
    const { clock, timeoutMs } = this.#options
    // T2. The first announcement opens it.
    this.#identity.opening()
    this.#openUntilMs = clock.monotonicMs() + timeoutMs
    const effort: Effort = { untilMs: this.#openUntilMs }
    this.#announced.clear()
    await inParallel(rounds.length === 0 ? undefined : this.#announce(this.#partitionsOf(rounds), idle), offsets.length === 0 ? undefined : this.#announce(this.#offsetsOf(), idle))
    const failed = new AbortController()
    const writing = this.#writeRounds(rounds, effort)
    writing.then((written) => written instanceof Map || failed.abort(), () => failed.abort())
    const committing = offsets.length === 0 ? 'committed' : this.#commitOffsets(offsets, effort, failed.signal)
    const [, ended] = await Promise.allSettled([writing, committing])
    if (ended.status === 'fulfilled' && ended.value === 'ended') return this.#giveUp(await writing.then(() => true, () => false))
    const [written] = await inParallel(writing, committing)
    return written
  }

  async #writeRounds(rounds: TransactionPlan['rounds'], effort: Effort): Promise<Map<PlannedBatch, number> | Refusal> {
    const { cluster, use, transactionalId } = this.#options
    const written = new Map<PlannedBatch, number>()
    for (const round of rounds) {
      const out = round.map((planned) => this.#finished(planned))
      const sent = await sendBatches(cluster, use, transactionalId, out, effort)
      this.#identity.mayCome = sent.kind === 'failed' && sent.mayCome
      if (sent.kind === 'failed') return refusalOf(sent, round, out)
      for (const [index, planned] of round.entries()) written.set(planned, sent.offsets[index] ?? -1)
    }
    return written
  }

  /** Nobody may be there to fence: what was written must not hold up those who read. Not `isSettled`: a batch may still reach its leader, and must find it open. */
  async #giveUp(isSettled: boolean): Promise<Extract<TransactionEnd, { readonly kind: 'fenced' }>> {
    if (isSettled) await this.#end(false).catch(() => undefined)
    return { kind: 'fenced', reason: 'the membership ended' }
  }

  #finished({ topic, partition, batch }: PlannedBatch): OutBatch {
    const name = `${topic}/${partition}`
    const sequence = this.#sequences.get(name) ?? 0
    this.#sequences.set(name, (sequence + batch.count) % 0x8000_0000)
    return { topic, partition, bytes: batch.finish({ producerId: this.#identity.producerId, epoch: this.#identity.epoch, sequence, isTransactional: true }) }
  }

  async #announce(announcement: Announcement, effort: Effort): Promise<void> {
    this.#announced.set(announcement, undefined)
    await this.#identity.ask((connection) => this.#announceTo(connection, announcement), effort, announcement.touched)
  }

  async #announceTo(connection: Connection, announcement: Announcement): Promise<void> {
    await announcement.ask(connection).catch(this.#doubting)
    this.#announced.set(announcement, connection)
  }

  /** L5, T3. */
  async #announceAgain(connection: Connection): Promise<void> {
    for (const [announcement, taker] of this.#announced) {
      if (taker === connection) continue
      this.#isDoubted = true
      await this.#announceTo(connection, announcement)
    }
  }

  #partitionsOf(rounds: TransactionPlan['rounds']): Announcement {
    const { transactionalId } = this.#options
    const topics = new Map<string, Set<number>>()
    for (const { topic, partition } of rounds.flat()) topics.set(topic, (topics.get(topic) ?? new Set()).add(partition))
    const asked = [...topics].map(([name, partitions]) => ({ name, partitions: [...partitions] }))
    const count = asked.reduce((sum, { partitions }) => sum + partitions.length, 0)
    return {
      ask: async (connection) => whole(await addPartitionsToTxnV3(connection, transactionalId, this.#identity.producerId, this.#identity.epoch, asked), count),
      touched: { topics: [...topics.keys()], operation: 'WRITE' },
    }
  }

  #offsetsOf(): Announcement {
    const { transactionalId, group } = this.#options
    return {
      ask: async (connection) => void await addOffsetsToTxnV3(connection, transactionalId, this.#identity.producerId, this.#identity.epoch, group),
      touched: { group },
    }
  }

  readonly #doubting = (thrown: unknown): never => {
    this.#isDoubted ||= isTransport(codeOf(thrown))
    throw thrown
  }

  /** 'ended' when this member is not in the group any more; 'dropped' when the signal came while the group settles. */
  async #commitOffsets(offsets: readonly OffsetToCommit[], effort: Effort, failed: AbortSignal): Promise<'committed' | 'ended' | 'dropped'> {
    const { cluster, use, transactionalId, group, partition } = this.#options
    const topics = offsets.map(({ topic, offset, metadata }) => ({ name: topic, partitions: [{ partitionIndex: partition, committedOffset: BigInt(offset), committedLeaderEpoch: -1, committedMetadata: metadata }] }))
    let stale: Standing | undefined
    for (;;) {
      const standing = await this.#standing(stale, effort, failed)
      if (failed.aborted) return 'dropped'
      if (standing === undefined) return 'ended'
      const { generation, memberId, instanceId } = standing
      try {
        await cluster.atCoordinator('group', group, use, async (connection) => whole(await txnOffsetCommitV3(connection, transactionalId, group, this.#identity.producerId, this.#identity.epoch, generation, memberId, instanceId, topics).catch(this.#doubting), topics.length), effort, { topics: topics.map(({ name }) => name), operation: 'READ' })
        return 'committed'
      } catch (thrown) {
        const code = codeOf(thrown)
        if (code === 'UNKNOWN_MEMBER_ID' || code === 'FENCED_INSTANCE_ID') return 'ended'
        // The group moved on while this was under way: once more under the new generation, if the partition is still ours then.
        if (code !== 'ILLEGAL_GENERATION' && code !== 'REBALANCE_IN_PROGRESS') throw thrown
        stale = standing
      }
    }
  }

  /** T2. The group may never settle again. */
  async #standing(stale: Standing | undefined, effort: Effort, failed: AbortSignal): Promise<Standing | undefined> {
    const { clock, group, timeoutMs } = this.#options
    const untilMs = effort.untilMs ?? clock.monotonicMs() + timeoutMs
    if (stale === undefined) return this.#options.standing()
    const isOver = new AbortController()
    const ending = AbortSignal.any([isOver.signal, failed])
    const late = clock.sleep(untilMs - clock.monotonicMs(), ending).then(() => {
      if (!ending.aborted) throw new Late(`the group ${group} has not settled within ${timeoutMs} ms`)
      return undefined
    })
    return Promise.race([this.#options.standing(stale), late]).finally(() => isOver.abort())
  }

  /** L5. Who is to be asked is looked for until the brokers give the transaction up; of one that is to be taken back they do that themselves. */
  async #end(committed: boolean): Promise<void> {
    const { transactionalId } = this.#options
    let mayBeMade = false
    await this.#identity.ask(async (connection) => {
      try {
        if (committed) await this.#announceAgain(connection)
        await endTxnV3(connection, transactionalId, this.#identity.producerId, this.#identity.epoch, committed)
      } catch (thrown) {
        const code = codeOf(thrown)
        mayBeMade ||= isTransport(code) || !(retryOf(code) === 'later' || isFenced(code))
        this.#doubting(thrown)
      }
    }, { untilMs: committed ? this.#openUntilMs : 0 }).catch((thrown: unknown) => {
      throw mayBeMade && isFenced(codeOf(thrown)) ? new EndUnknown(messageOf(thrown), { cause: thrown }) : thrown
    })
  }
}

// Appends records outside of any lease: what producers, gateways and operators write.
//
// Owns: one idempotent producer. Appends go one after the other.
//
// A name that another process took is never taken back after the fence: only who opens a log anew with it is told to take it. Who was closed does not ask for it any more.
//
// L6. The records of one topic partition are one batch, in their order: written whole or not at all. With a transactional id all records of an append are.
import type { Producer } from 'kafkajs'
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import type { AppendOutcome } from '../../system/ports/log.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { Client } from './client.ts'
import { codeOf, isCredentials, isForbidden, isPassing, isRefusal, messageOf, refusal } from './codes.ts'
import { commitPacked } from './packed-commit.ts'
import type { TopicList } from './messages.ts'
import type { Packer, Send } from './packing.ts'
import type { Transactions } from './transaction.ts'

const TAKEN = { kind: 'failed', reason: 'another process appends under the same name' } as const
const CLOSED = { kind: 'failed', reason: 'the log is closed' } as const

export interface AppenderOptions {
  readonly client: Client
  readonly clock: Clock
  readonly packer: Packer
  /** For appends to several partitions, or of more than a batch. */
  readonly together: Transactions | undefined
  /** How long the brokers let a transaction stand open. */
  readonly transactionMs: number
  /** After so long without an answer, whether it was written is not known, ms. */
  readonly appendMsMax: number
}

export class Appender {
  readonly #options: AppenderOptions
  readonly #closing = new AbortController()
  #producer: Producer | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** Of the transactional id. After an end that nobody knows it is claimed anew: kafkajs cannot ask for it on the condition that it is still ours. */
  #name: 'unclaimed' | 'ours' | 'taken' = 'unclaimed'

  constructor(options: AppenderOptions) {
    this.#options = options
  }

  append(records: readonly OutRecord[]): Promise<AppendOutcome> {
    const done = this.#last.then(() => this.#append(records))
    this.#last = done.catch(() => undefined)
    return done
  }

  close(): void {
    this.#closing.abort()
    this.#discard()
    this.#options.together?.close()
  }

  async #append(records: readonly OutRecord[]): Promise<AppendOutcome> {
    const { packer, together } = this.#options
    if (this.#closing.signal.aborted) return CLOSED
    try {
      const refused = await packer.refused(records)
      if (this.#closing.signal.aborted) return CLOSED
      if (refused !== undefined) return { kind: 'failed', reason: refused.reason }
      if (records.length === 0) return { kind: 'done', offsets: [] }
      const send = packer.together(records)
      if (together !== undefined && (send === undefined || send.split().length > 1)) return await this.#together(together, records)
      if (send === undefined) return { kind: 'failed', reason: `${records.length} records are more than one batch of a partition takes: append fewer at once` }
      return await this.#send(send)
    } catch (thrown) {
      // Nothing was sent yet.
      return { kind: thrown instanceof Unreachable || isPassing(codeOf(thrown)) ? 'busy' : 'failed', reason: messageOf(thrown) }
    }
  }

  /** All partitions or none. */
  async #together(transactions: Transactions, records: readonly OutRecord[]): Promise<AppendOutcome> {
    const { packer, clock, transactionMs } = this.#options
    if (this.#name === 'taken') return TAKEN
    if (this.#name === 'unclaimed') await transactions.fence(this.#closing.signal)
    this.#name = 'unclaimed'
    const startedMs = clock.monotonicMs()
    const end = await commitPacked(transactions, packer, records, { offsets: [], ended: this.#closing.signal })
    this.#name = end.kind === 'fenced' ? 'taken' : end.kind === 'unknown' ? 'unclaimed' : 'ours'
    if (end.kind === 'committed') return { kind: 'done', offsets: end.offsets }
    if (end.kind === 'fenced' && this.#closing.signal.aborted) return CLOSED
    // kafkajs cannot ask which it was.
    if (end.kind === 'fenced') return clock.monotonicMs() - startedMs < transactionMs ? TAKEN : { kind: 'failed', reason: `the brokers gave the transaction up, which was open for ${transactionMs} ms, or ${TAKEN.reason}; the log is to be opened anew` }
    return end.kind === 'refused' ? { kind: 'failed', reason: end.reason } : { kind: 'unknown', reason: `not confirmed, and may have been written: ${end.reason}` }
  }

  async #send(send: Send): Promise<AppendOutcome> {
    const { client, clock, appendMsMax } = this.#options
    const producer = (this.#producer ??= client.idempotent())
    const isOver = new AbortController()
    const late = clock.sleep(appendMsMax, isOver.signal).then(() => {
      throw new OperationError('append/late', `no answer within ${appendMsMax} ms`)
    })
    late.catch(() => undefined)
    let work: Promise<unknown> = producer.connect()
    let lists: readonly TopicList[] = []
    try {
      try {
        await Promise.race([work, late])
      } catch (thrown) {
        this.#discard()
        if (isForbidden(codeOf(thrown))) return { kind: 'failed', reason: refusal(thrown, { topics: send.topics }).message }
        return { kind: 'busy', reason: `no broker can be reached: ${messageOf(thrown)}` }
      }
      if (this.#closing.signal.aborted) return CLOSED
      const offsets: number[] = []
      // L7 of `transaction.ts`.
      for (const part of send.split()) {
        const { topicMessages } = part
        lists = topicMessages.map(({ messages }) => messages)
        const sent = producer.sendBatch({ acks: -1, topicMessages })
        work = sent
        part.note(await Promise.race([sent, late]), offsets)
      }
      return { kind: 'done', offsets }
    } catch (thrown) {
      // Which sequences the brokers took is not known any more.
      this.#discard()
      const code = codeOf(thrown)
      const reason = isForbidden(code) ? refusal(thrown, { topics: send.topics, operation: 'WRITE' }).message : messageOf(thrown)
      // kafkajs does not say which partition it speaks of: others may have taken their records. Nor what became of a try before, nor of a connection that closed while it let us in.
      const isFirst = lists.every(({ requests }) => requests <= 1)
      const isAll = isFirst && send.split().length === 1 && ((isForbidden(code) && !isCredentials(code)) || isRefusal(code))
      return isAll ? { kind: 'failed', reason } : { kind: 'unknown', reason: `not confirmed, and may have been written: ${reason}` }
    } finally {
      isOver.abort()
      // Given up or closed meanwhile, it may connect again.
      if (this.#producer !== producer) void work.catch(() => undefined).then(() => producer.disconnect()).catch(() => undefined)
    }
  }

  #discard(): void {
    const producer = this.#producer
    this.#producer = undefined
    void producer?.disconnect().catch(() => undefined)
  }
}

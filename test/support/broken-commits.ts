// A lease of kafkajs whose second commit breaks: at a broker with a journal and a group that fails when it is told to, and shows no more than it is told to.
import assert from 'node:assert/strict'
import kafkajs from 'kafkajs'
import type { Client } from '../../adapters/kafkajs/client.ts'
import { KafkajsLease } from '../../adapters/kafkajs/lease.ts'
import type { LeaseEnvironment } from '../../adapters/kafkajs/lease.ts'
import { Packer } from '../../adapters/kafkajs/packing.ts'
import type { Topics } from '../../adapters/kafkajs/topics.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { Names } from '../../system/membership/names.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { CommitOutcome } from '../../system/ports/log.ts'
import { Visibility } from '../../system/membership/visibility.ts'
import { batch, record } from '../contract/log-fixture.ts'

export const CLOSED = new kafkajs.KafkaJSConnectionError('read ECONNRESET')

/** Ten times as fast. */
const quickClock: Clock = { ...wallClock, monotonicMs: () => wallClock.monotonicMs() * 10, sleep: (ms, signal) => wallClock.sleep(ms / 10, signal) }

/** `ended`: the end was taken, and its answer lost. */
type Step = 'send' | 'offsets' | 'end' | 'ended' | 'fence'

interface Group {
  readonly offset: string
  readonly metadata: string
}

export interface Entry {
  readonly offset: number
  readonly value: Uint8Array
}

/** A broker with a journal of one partition and a group; its steps fail by what is queued for them, from the second commit on. */
export class Broker {
  readonly failures = new Map<Step, Error[]>()
  isFailing = false
  /** Of what is sent now. */
  writing = ''
  group: Group = { offset: '-1', metadata: '' }
  /** What is committed. */
  journal: Entry[] = []
  /** Markers and what was aborted take offsets, too. */
  end = 0
  /** Further than this a leader shows nothing that was replaced and has not heard of it. */
  readMax = Infinity
  fences = 0
  looks = 0
  /** Told as the id is asked for, and as a record was taken. */
  fenced = (): void => {}
  taken = (): void => {}
  #open: { entries: Entry[]; group: Group | undefined } = { entries: [], group: undefined }

  constructor(step: Step, ...errors: Error[]) {
    this.failures.set(step, errors)
  }

  readonly client = { transactional: () => ({ connect: async () => this.#fence(), disconnect: async () => {}, transaction: async () => this.#transaction() }) } as unknown as Client
  readonly admin = { fetchOffsets: async () => [{ topic: 'in', partitions: [{ partition: 0, ...this.group }] }] }
  readonly history = {
    offsetsAt: async () => {
      this.looks += 1
      return Math.min(this.#stable, this.readMax)
    },
    read: async (_topic: string, _partition: number, from: number, to: number) => {
      this.looks += 1
      const until = Math.max(from, Math.min(to, this.#stable, this.readMax))
      return { records: this.journal.filter(({ offset }) => offset >= from && offset < until), to: until }
    },
  }

  get values(): readonly string[] {
    return this.journal.map(({ value }) => Buffer.from(value).toString())
  }

  /** As an owner does that took over. */
  commitOfAnother(group: Group, value: string): void {
    this.group = group
    this.journal.push({ offset: this.end, value: Buffer.from(value) })
    this.end += 2
  }

  /** What is committed ends here. */
  get #stable(): number {
    return this.#open.entries[0]?.offset ?? this.end
  }

  #fail(step: Step): void {
    const failure = this.isFailing ? this.failures.get(step)?.shift() : undefined
    if (failure !== undefined) throw failure
  }

  #fence(): void {
    this.#fail('fence')
    this.fences += 1
    if (this.#open.entries.length > 0) this.end += 1
    this.#open = { entries: [], group: undefined }
    this.fenced()
  }

  #transaction(): object {
    return {
      abort: async () => {},
      sendBatch: async () => {
        this.#fail('send')
        const value = Buffer.from(this.writing)
        this.#open.entries.push({ offset: this.end, value })
        this.end += 1
        this.taken()
        return [{ topicName: 'journal', partition: 0, baseOffset: String(this.end - 1) }]
      },
      sendOffsets: async ({ topics: [first] }: { readonly topics: readonly { readonly partitions: readonly Group[] }[] }) => {
        this.#fail('offsets')
        this.#open.group = first?.partitions[0]
      },
      commit: async () => {
        this.#fail('end')
        this.journal.push(...this.#open.entries)
        this.group = this.#open.group ?? this.group
        this.#open = { entries: [], group: undefined }
        this.end += 1
        this.#fail('ended')
      },
    }
  }
}

export interface Course {
  readonly metadata?: string
  /** Of which a commit may take as much again, ms. */
  readonly transactionMs?: number
  /** Told once it has committed 'a'. */
  holding?(lease: KafkajsLease): void
  /** What it goes on with where its commit did not end well. */
  again?(lease: KafkajsLease, commit: (value: string) => Promise<CommitOutcome>): Promise<void>
}

/** A lease that has committed 'a', what becomes of its next commit, 'b', and where that is done, of the one after, 'c'. */
export async function outcomes(broker: Broker, { metadata = 'second', transactionMs = 1000, holding = () => {}, again = async () => {} }: Course = {}): Promise<readonly string[]> {
  const names = new Names('')
  const topics = { assertPartition: async () => {}, settings: async () => ({ cleanup: 'delete', batchBytesMax: 1 << 20, partitions: 2 }) } as unknown as Topics
  const lease = new KafkajsLease(0, {
    client: broker.client, clock: quickClock, names, packer: new Packer(topics, names, 1 << 20), fetcher: { close: () => {} }, membership: { provenAtMs: 0 }, visibility: new Visibility(quickClock),
    reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs, askMsMax: 100, owner: 'o', admin: broker.admin, history: broker.history, lives: () => true, released: () => {},
  } as unknown as LeaseEnvironment)
  const commit = (value: string, position: number, said: string): Promise<CommitOutcome> => {
    broker.writing = value
    return lease.commit(batch([record('journal', 0, value)], { in: position }, said))
  }
  await lease.fence()
  assert.equal((await commit('a', 1, metadata === '' ? '' : 'first')).kind, 'done')
  broker.isFailing = true
  holding(lease)
  const outcome = await commit('b', 2, metadata)
  if (outcome.kind === 'done') {
    assert.equal(outcome.end.get('journal'), (broker.journal.find(({ value }) => Buffer.from(value).toString() === 'b')?.offset ?? NaN) + 1)
    if (broker.group.metadata === 'second') assert.equal((await lease.committed())?.positions.get('in'), 2)
  }
  const next = outcome.kind === 'done' ? [(await commit('c', 3, 'third')).kind] : []
  if (outcome.kind !== 'done') await again(lease, (value) => commit(value, 4, 'fourth'))
  const { looks } = broker
  if (next[0] === 'done') assert.deepEqual([(await commit('d', 4, 'fourth')).kind, broker.looks], ['done', looks], 'D3: once')
  await lease.release()
  return [outcome.kind, ...next]
}

// What became of a commit that broke is told from the log: it is done, or made again by who still has what it goes on from, and by nobody else (R1 of `lease.ts`, `trail.ts`).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'
import { KafkajsLease } from '../../../../adapters/kafkajs/lease.ts'
import type { LeaseEnvironment } from '../../../../adapters/kafkajs/lease.ts'
import { Packer } from '../../../../adapters/kafkajs/packing.ts'
import type { Topics } from '../../../../adapters/kafkajs/topics.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import type { Clock } from '../../../../system/ports/clock.ts'
import type { CommitOutcome } from '../../../../system/ports/log.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { batch, record } from '../../../contract/log-fixture.ts'

const [FORBIDDEN, NOT_LEADER, TOO_LARGE, NOT_COORDINATOR, INVALID_PRODUCER_EPOCH] = [29, 6, 10, 16, 47]
const CLOSED = new kafkajs.KafkaJSConnectionError('read ECONNRESET')

/** Ten times as fast. */
const quickClock: Clock = { ...wallClock, monotonicMs: () => wallClock.monotonicMs() * 10, sleep: (ms, signal) => wallClock.sleep(ms / 10, signal) }

/** `ended`: the end was taken, and its answer lost. */
type Step = 'send' | 'offsets' | 'end' | 'ended' | 'fence'

interface Group {
  readonly offset: string
  readonly metadata: string
}

interface Entry {
  readonly offset: number
  readonly value: Uint8Array
}

/** A broker with a journal of one partition and a group; its steps fail by what is queued for them, from the second commit on. */
class Broker {
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

interface Course {
  readonly metadata?: string
  /** Of which a commit may take as much again, ms. */
  readonly transactionMs?: number
  /** Told once it has committed 'a'. */
  holding?(lease: KafkajsLease): void
  /** What it goes on with where its commit did not end well. */
  again?(lease: KafkajsLease, commit: (value: string) => Promise<CommitOutcome>): Promise<void>
}

/** A lease that has committed 'a', what becomes of its next commit, 'b', and where that is done, of the one after, 'c'. */
async function outcomes(broker: Broker, { metadata = 'second', transactionMs = 1000, holding = () => {}, again = async () => {} }: Course = {}): Promise<readonly string[]> {
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

for (const step of ['send', 'offsets', 'end'] as const) {
  test(`R1: a commit whose ${step} came to nothing is made again, whole, under an id that was fenced anew`, async () => {
    const broker = new Broker(step, CLOSED)
    assert.deepEqual(await outcomes(broker), ['done', 'done'])
    assert.deepEqual([broker.values, broker.group, broker.fences], [['a', 'b', 'c', 'd'], { offset: '4', metadata: 'fourth', partition: 0 }, 2])
  })
}

test('R1: a commit whose end was taken is done, and is not made again', async () => {
  const broker = new Broker('ended', CLOSED)
  assert.deepEqual(await outcomes(broker), ['done', 'done'])
  assert.deepEqual([broker.values, broker.fences], [['a', 'b', 'c', 'd'], 2])
})

test('R1: an end that was refused by who does not coordinate any more came to nothing', async () => {
  const broker = new Broker('end', errorNamed(NOT_COORDINATOR))
  assert.deepEqual(await outcomes(broker), ['done', 'done'])
  assert.deepEqual(broker.values, ['a', 'b', 'c', 'd'])
})

for (const step of ['send', 'offsets', 'end'] as const) {
  test(`R1: where another owner has committed meanwhile (${step}) nothing is made again, nor taken for done`, async () => {
    const broker = new Broker(step, CLOSED)
    broker.fenced = () => {
      if (broker.fences === 2) broker.commitOfAnother({ offset: '1', metadata: 'of another' }, 'lease')
    }
    assert.deepEqual(await outcomes(broker), ['fenced'])
    assert.deepEqual(broker.values, ['a', 'lease'])
  })

  test(`D3: a leader that has not heard of what another owner committed (${step}) lets nothing be made twice: what its successor shows is looked at before the end`, async () => {
    const broker = new Broker(step, CLOSED)
    broker.fenced = () => {
      if (broker.fences !== 2) return
      if (step === 'end') broker.readMax = broker.end
      broker.commitOfAnother({ offset: '1', metadata: 'first' }, 'lease')
      if (step !== 'end') broker.readMax = 2
    }
    broker.taken = () => (broker.readMax = Infinity)
    assert.deepEqual(await outcomes(broker), ['fenced'])
    assert.deepEqual(broker.values, ['a', 'lease'])
  })
}

test('D3: what was committed after all, and was not shown, is not made again', async () => {
  const broker = new Broker('ended', CLOSED)
  const { offsetsAt, read } = broker.history
  let isOld = false
  broker.fenced = () => (isOld = broker.fences === 2)
  broker.taken = () => (isOld = false)
  // Past the record, and yet without it: no leader is like that. What is made again does not rest on it.
  Object.assign(broker.history, { offsetsAt, read: async (topic: string, partition: number, from: number, to: number) => (isOld ? { records: [], to } : read(topic, partition, from, to)) })
  assert.deepEqual(await outcomes(broker), ['unknown'])
  assert.deepEqual(broker.values, ['a', 'b'])
})

test('D3: a leader that never shows what stands before the record lets nothing be made again', async () => {
  const broker = new Broker('offsets', CLOSED)
  broker.readMax = 2
  assert.deepEqual(await outcomes(broker, { transactionMs: 10_000 }), ['unknown'])
  assert.deepEqual(broker.values, ['a'])
})

test('D2: a leader that does not get as far as the record whose end was asked for says nothing', async () => {
  for (const step of ['end', 'ended'] as const) {
    const broker = new Broker(step, CLOSED)
    broker.readMax = 2
    assert.deepEqual(await outcomes(broker, { transactionMs: 10_000 }), ['unknown'])
    assert.deepEqual(broker.values, step === 'end' ? ['a'] : ['a', 'b'])
  }
})

test('D2: one that gets there a little later is waited for', async () => {
  const broker = new Broker('ended', CLOSED)
  broker.readMax = 2
  setTimeout(() => (broker.readMax = Infinity), 20)
  assert.deepEqual(await outcomes(broker), ['done', 'done'])
})

test('D3: a partition that has lost what was committed lets nothing be made again', async () => {
  const broker = new Broker('offsets', CLOSED)
  broker.fenced = () => {
    if (broker.fences === 2) [broker.journal, broker.end] = [[], 0]
  }
  assert.deepEqual(await outcomes(broker), ['unknown'])
  assert.deepEqual(broker.values, [])
})

test('R1: a look that is not answered is waited for no longer than a transaction may stand open', async () => {
  const broker = new Broker('ended', CLOSED)
  Object.assign(broker.history, { offsetsAt: () => new Promise(() => {}) })
  assert.deepEqual(await outcomes(broker), ['unknown'])
})

test('D3: what was shown to a transaction that was given up does not count after a later fence', async () => {
  const broker = new Broker('offsets', CLOSED)
  const { promise: held, resolve: show } = Promise.withResolvers<unknown>()
  const { read } = broker.history
  Object.assign(broker.history, { read: () => held })
  const again: Course['again'] = async (lease, commit) => {
    Object.assign(broker.history, { read })
    assert.equal(await lease.fence(), 'held')
    assert.equal((await commit('e')).kind, 'done')
    broker.failures.set('offsets', [CLOSED])
    broker.fenced = () => {
      broker.commitOfAnother({ offset: '1', metadata: 'of another' }, 'lease')
      show({ records: [], to: Infinity })
    }
    assert.equal((await commit('f')).kind, 'fenced')
  }
  assert.deepEqual(await outcomes(broker, { again }), ['unknown'])
  assert.deepEqual(broker.values, ['a', 'e', 'lease'])
})

test('R1: whoever took the right anew, and has looked at everything, goes on behind what others committed, and has nothing made again before its first commit', async () => {
  const broker = new Broker('offsets', CLOSED)
  broker.fenced = () => {
    if (broker.fences === 2) broker.commitOfAnother({ offset: '1', metadata: 'of another' }, 'lease')
  }
  const again: Course['again'] = async (lease, commit) => {
    assert.equal(await lease.fence(), 'held')
    broker.failures.set('offsets', [CLOSED])
    assert.equal((await commit('e')).kind, 'unknown')
    assert.equal(broker.fences, 3)
    assert.equal(await lease.fence(), 'held')
    assert.equal((await commit('f')).kind, 'done')
  }
  assert.deepEqual(await outcomes(broker, { again }), ['fenced'])
  assert.deepEqual(broker.values, ['a', 'lease', 'f'])
})

test('D2: only what is the commit to the byte, where it was written, is taken for it', async () => {
  const others: Readonly<Record<string, (broker: Broker, mine: Entry) => void>> = {
    value: (broker, mine) => void broker.journal.splice(1, 1, { ...mine, value: Buffer.from('lease') }),
    place: (broker, mine) => void broker.journal.splice(1, 1, { ...mine, offset: mine.offset + 1 }),
  }
  for (const [what, change] of Object.entries(others)) {
    const broker = new Broker('ended', CLOSED)
    broker.fenced = () => {
      if (broker.fences === 2) change(broker, broker.journal[1] as Entry)
    }
    assert.deepEqual(await outcomes(broker), ['fenced'], what)
  }
})

test('D2: a commit that was done, and another one behind it, are looked at by an acquisition', async () => {
  const broker = new Broker('ended', CLOSED)
  broker.fenced = () => {
    if (broker.fences === 2) broker.commitOfAnother({ offset: '2', metadata: 'second' }, 'lease')
  }
  assert.deepEqual(await outcomes(broker), ['unknown'])
})

test('D3: a commit that was done, and another one behind it that is not shown yet: the next one is not ended', async () => {
  const broker = new Broker('ended', CLOSED)
  broker.fenced = () => {
    if (broker.fences !== 2) return
    broker.readMax = broker.end
    broker.commitOfAnother({ offset: '2', metadata: 'of another' }, 'lease')
  }
  broker.taken = () => (broker.readMax = Infinity)
  assert.deepEqual(await outcomes(broker), ['done', 'fenced'])
  assert.deepEqual(broker.values, ['a', 'b', 'lease'])
})

test('D3: where another owner committed as refused records were taken back, and the group does not say so, the next commit is not ended', async () => {
  const broker = new Broker('send', errorNamed(TOO_LARGE))
  broker.fenced = () => {
    if (broker.fences === 2) broker.commitOfAnother(broker.group, 'lease')
  }
  const again: Course['again'] = async (_lease, commit) => assert.equal((await commit('c')).kind, 'fenced')
  assert.deepEqual(await outcomes(broker, { again }), ['rejected'])
  assert.deepEqual(broker.values, ['a', 'lease'])
})

test('R1: an owner whose partition went elsewhere makes nothing again', async () => {
  const broker = new Broker('offsets', CLOSED)
  let lose = (): void => {}
  broker.fenced = () => {
    if (broker.fences === 2) lose()
  }
  assert.deepEqual(await outcomes(broker, { holding: (lease) => (lose = () => lease.lose('it moved')) }), ['unknown'])
  assert.deepEqual(broker.values, ['a'])
})

test('R1: one that looks as its partition goes elsewhere is told at once', async () => {
  const broker = new Broker('ended', CLOSED)
  Object.assign(broker.history, { offsetsAt: () => new Promise(() => {}) })
  const sinceMs = performance.now()
  assert.deepEqual(await outcomes(broker, { transactionMs: 60_000, holding: (lease) => void setTimeout(() => lease.lose('it moved'), 50) }), ['unknown'])
  assert.ok(performance.now() - sinceMs < 5000)
})

test('R1: commits that leave nothing behind them that would tell are not made again, nor is the id asked for', async () => {
  const broker = new Broker('offsets', CLOSED)
  assert.deepEqual(await outcomes(broker, { metadata: '' }), ['unknown'])
  assert.deepEqual([broker.values, broker.fences], [['a'], 1])
})

test('R1: what is refused for a missing right is not made again, nor what another one shut out, nor what goes on breaking for ever', async () => {
  for (const [code, kind] of [[FORBIDDEN, 'unknown'], [INVALID_PRODUCER_EPOCH, 'fenced']] as const) {
    const refused = new Broker('offsets', errorNamed(code))
    assert.deepEqual(await outcomes(refused), [kind])
    assert.equal(refused.fences, 1)
  }
  const broken = new Broker('offsets', ...Array.from({ length: 50 }, () => CLOSED))
  assert.deepEqual(await outcomes(broken), ['unknown'])
  assert.equal(broken.fences, 3)
  const moved = new Broker('send', errorNamed(NOT_LEADER))
  assert.deepEqual(await outcomes(moved), ['done', 'done'])
})

test('R1: an id that is not granted again leaves the outcome to the next acquisition', async () => {
  const broker = new Broker('offsets', CLOSED)
  broker.failures.set('fence', Array.from({ length: 50 }, () => CLOSED))
  assert.deepEqual(await outcomes(broker), ['unknown'])
  assert.deepEqual(broker.values, ['a'])
})

test('R1: the first commit of a lease, which nothing of its own stands before, is not made again', async () => {
  const broker = new Broker('offsets', CLOSED)
  broker.isFailing = true
  await assert.rejects(outcomes(broker), /unknown/)
  assert.deepEqual([broker.values, broker.fences], [[], 1])
})

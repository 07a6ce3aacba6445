// What the log contract needs of a driver, and the words its tests are written in.
import assert from 'node:assert/strict'
import type { CommitBatch, Lease, Log, Member, Membership, PollRequest } from '../../system/ports/log.ts'
import type { LogRecord, OutRecord } from '../../system/protocol/record.ts'

export interface LogUnderTest {
  readonly log: Log
  /** Another process's view of the same log, for reading and appending; may be the same. */
  readonly other: Log
  close(): Promise<void>
}

export interface LogWish {
  /** The largest record that the log takes: key, value and headers. */
  readonly recordBytesMax: number
}

export type CreateLog = (wish: LogWish) => Promise<LogUnderTest>

export const RECORD_BYTES_MAX = 100_000

const PARTITIONS = 4

export const MEMBERSHIP: Membership = { group: 'app.card', topics: ['payments', 'app.card.inbox'], metadataTopic: 'app.card.inbox' }

/** A log with the topics of the contract, closed after the test whatever happens. */
export async function withLog<U extends LogUnderTest>(create: (wish: LogWish) => Promise<U>, run: (under: U) => Promise<void>): Promise<void> {
  const under = await create({ recordBytesMax: RECORD_BYTES_MAX })
  try {
    const problems = await under.log.ensureTopics([
      { name: 'payments', partitions: PARTITIONS, cleanup: 'delete' },
      { name: 'app.card.inbox', partitions: PARTITIONS, cleanup: 'delete' },
      { name: 'decisions', partitions: 2, cleanup: 'delete' },
      { name: 'app.card.state', partitions: PARTITIONS, cleanup: 'compact' },
    ])
    assert.deepEqual(problems, [])
    await run(under)
  } finally {
    await under.close()
  }
}

/** A member that takes what it is given. */
export class Owner {
  readonly #leases = new Map<number, Lease>()
  readonly #waiting: (() => void)[] = []
  #member: Member | undefined

  static async join(log: Log, membership: Membership = MEMBERSHIP): Promise<Owner> {
    const owner = new Owner()
    owner.#member = await log.join(membership, { assigned: (lease) => owner.#assigned(lease) })
    return owner
  }

  /** The lease of a partition, now or when it comes. */
  async lease(partition: number): Promise<Lease> {
    for (;;) {
      const lease = this.#leases.get(partition)
      if (lease !== undefined) return lease
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async held(partition: number): Promise<Lease> {
    const lease = await this.lease(partition)
    assert.equal(await lease.fence(), 'held')
    return lease
  }

  /** Partitions held now. */
  get partitions(): readonly number[] {
    return [...this.#leases.keys()].sort((a, b) => a - b)
  }

  async count(partitions: number): Promise<void> {
    while (this.#leases.size !== partitions) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async leave(): Promise<void> {
    await this.#member?.leave()
  }

  #assigned(lease: Lease): void {
    this.#leases.set(lease.partition, lease)
    this.#wake()
    void lease.lost.then(() => {
      if (this.#leases.get(lease.partition) === lease) this.#leases.delete(lease.partition)
      this.#wake()
    })
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

const utf8 = new TextEncoder()

export const bytes = (text: string): Uint8Array => utf8.encode(text)

export function record(topic: string, partition: number, value: string | null, more: Partial<OutRecord> = {}): OutRecord {
  return { topic, partition, key: bytes('k'), value: value === null ? null : bytes(value), headers: [], timestampMs: 1_700_000_000_000, ...more }
}

export function batch(records: readonly OutRecord[], positions: Readonly<Record<string, number>> = {}, metadata = ''): CommitBatch {
  return { records, positions: new Map(Object.entries(positions)), metadata }
}

export function pollOf(from: Readonly<Record<string, number>>, more: Partial<PollRequest> = {}): PollRequest {
  return { from: new Map(Object.entries(from)), recordsMax: 500, bytesMax: 1 << 20, waitMsMax: 0, ...more }
}

export function valueOf(read: LogRecord): string | null {
  return read.value === null ? null : new TextDecoder().decode(read.value)
}

export async function append(log: Log, records: readonly OutRecord[]): Promise<readonly number[]> {
  const outcome = await log.append(records)
  assert.ok(outcome.kind === 'done', `append ended as ${outcome.kind}`)
  return outcome.offsets
}

/** Every committed record of a partition. */
export async function readAll(log: Log, topic: string, partition: number): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = []
  const end = await log.offsetsAt(topic, partition, 'latest')
  for (let at = 0; at < end;) {
    const range = await log.read(topic, partition, at, end, { recordsMax: 1000, bytesMax: 1 << 20 })
    assert.ok(range.to > at, 'a read below the end gets on')
    records.push(...range.records)
    at = range.to
  }
  return records
}

export async function values(log: Log, topic: string, partition: number): Promise<readonly (string | null)[]> {
  return (await readAll(log, topic, partition)).map(valueOf)
}

// What the simulated cluster holds: topics, and per group and partition its epoch, positions and metadata.
//
// Owns: atomic commits and appends (L1, L6), fencing (L2), waking those who wait for records. Everything here is synchronous, so nothing
// can come between the check of an epoch and the write.
import { OperationError } from '../../system/protocol/failures.ts'
import type { OutRecord, RecordRange, TopicSpec } from '../../system/protocol/record.ts'
import type { AppendOutcome, CommitBatch, CommitOutcome, Committed, Membership, PollRequest, TopicProblem } from '../../system/ports/log.ts'
import { pollInTurn, recordBytes } from '../../system/membership/poll.ts'
import { topicMismatch } from '../../system/membership/topics.ts'
import { MemoryPartition } from './partition.ts'

interface Topic {
  readonly spec: TopicSpec
  readonly partitions: readonly MemoryPartition[]
}

/** Durable side of a lease. */
export interface Seal {
  epoch: number
  positions: Map<string, number> | undefined
  metadata: string
}

export class MemoryStore {
  readonly #recordBytesMax: number
  readonly #topics = new Map<string, Topic>()
  readonly #seals = new Map<string, Seal>()
  readonly #waiting = new Set<() => void>()

  constructor(recordBytesMax: number) {
    this.#recordBytesMax = recordBytesMax
  }

  ensureTopics(specs: readonly TopicSpec[]): TopicProblem[] {
    const problems: TopicProblem[] = []
    for (const spec of specs) {
      const existing = this.#topics.get(spec.name)?.spec
      const reason = existing === undefined ? undefined : topicMismatch(existing, spec)
      if (reason !== undefined) problems.push({ topic: spec.name, reason })
      if (existing !== undefined) continue
      const partitions = Array.from({ length: spec.partitions }, (_, index) => new MemoryPartition(spec, index))
      this.#topics.set(spec.name, { spec: { ...spec }, partitions })
    }
    return problems
  }

  topics(): TopicSpec[] {
    return [...this.#topics.values()].map((topic) => topic.spec)
  }

  specOf(name: string): TopicSpec | undefined {
    return this.#topics.get(name)?.spec
  }

  /** Throws `topic/unknown`. */
  partition(topic: string, partition: number): MemoryPartition {
    const found = this.#topics.get(topic)?.partitions[partition]
    if (found !== undefined) return found
    throw new OperationError('topic/unknown', `there is no partition ${partition} of topic ${topic}: create the topic before using it`)
  }

  seal(group: string, partition: number): Seal {
    const name = `${group}/${partition}`
    const seal = this.#seals.get(name) ?? { epoch: 0, positions: undefined, metadata: '' }
    this.#seals.set(name, seal)
    return seal
  }

  committed(membership: Membership, partition: number): Committed | null {
    const { positions, metadata } = this.seal(membership.group, partition)
    if (positions === undefined) return null
    return { positions: new Map([...positions].filter(([topic]) => membership.topics.includes(topic))), metadata }
  }

  commit(group: string, partition: number, epoch: number, batch: CommitBatch): CommitOutcome {
    const seal = this.seal(group, partition)
    if (seal.epoch !== epoch) return { kind: 'fenced' }
    const refused = batch.records.flatMap((record, index) => (this.#refusal(record) === undefined ? [] : [index]))
    const [first] = refused
    if (first !== undefined) {
      const record = batch.records[first]
      return { kind: 'rejected', records: refused, reason: (record && this.#refusal(record)) ?? '' }
    }
    for (const record of batch.records) this.partition(record.topic, record.partition)
    const end = new Map<string, number>()
    for (const record of batch.records) {
      const offset = this.partition(record.topic, record.partition).append(record)
      if (record.partition === partition) end.set(record.topic, offset + 1)
    }
    seal.positions = new Map([...(seal.positions ?? []), ...batch.positions])
    seal.metadata = batch.metadata
    this.#wakeAll()
    return { kind: 'done', end }
  }

  append(records: readonly OutRecord[]): AppendOutcome {
    for (const record of records) {
      const reason = this.#refusal(record)
      if (reason !== undefined) return { kind: 'failed', reason }
      if (this.#topics.get(record.topic)?.partitions[record.partition] === undefined) {
        return { kind: 'failed', reason: `there is no partition ${record.partition} of topic ${record.topic}` }
      }
    }
    const offsets = records.map((record) => this.partition(record.topic, record.partition).append(record))
    this.#wakeAll()
    return { kind: 'done', offsets }
  }

  /** What is there now. */
  poll(partition: number, request: PollRequest, turn: number): RecordRange[] {
    return pollInTurn(request, turn, (topic, from, recordsMax, bytesMax) =>
      this.partition(topic, partition).read(from, Infinity, { recordsMax, bytesMax }))
  }

  /** Calls once, at the next write or `wakeAll`. Answers how to stop waiting. */
  onWrite(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }

  #wakeAll(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  #refusal(record: OutRecord): string | undefined {
    const bytes = recordBytes(record)
    if (bytes > this.#recordBytesMax) return `a record of ${bytes} bytes for ${record.topic}; the limit is ${this.#recordBytesMax}`
    const compacted = this.#topics.get(record.topic)?.spec.cleanup === 'compact'
    return compacted && record.key === null ? `a record without key for the compacted topic ${record.topic}` : undefined
  }
}

// A partitioned log in memory: the twin that every driver is compared with, and the ground of simulations.
//
// Owns: groups and their members, faults asked for by tests. Several `Log`s over one store (`peer`) are several processes of a cluster.
import { OperationError } from '../../system/protocol/failures.ts'
import type { LogRecord, OutRecord, RecordRange, TopicSpec } from '../../system/protocol/record.ts'
import type { AppendOutcome, KeyedReads, LeaseHandler, Log, Member, Membership, ReadOptions, Timepoint, TopicProblem } from '../../system/ports/log.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { Group } from '../../system/membership/group.ts'
import type { GroupMember } from '../../system/membership/group.ts'
import { partitionsOf } from '../../system/membership/topics.ts'
import { wallClock } from './clock.ts'
import { MemoryLease } from './lease.ts'
import type { CommitFault, CommitHook, LeaseEnvironment } from './lease.ts'
import { MemoryStore } from './store.ts'

export interface MemoryLogOptions {
  /** Random access to compacted topics, as the embedded log has. Default false, as Kafka. */
  readonly keyed?: boolean
  /** Default: the machine's own time. Only polls wait by it. */
  readonly clock?: Clock
  /** Key, value and headers of one record. Default 16 MiB. */
  readonly recordBytesMax?: number
  /** Last proof of ownership of a partition, monotonic ms. Default: Infinity. */
  readonly proofMs?: (partition: number) => number
}

interface Cluster {
  readonly store: MemoryStore
  readonly groups: Map<string, Group<MemoryLease>>
  readonly faults: Map<string, CommitFault[]>
  hook: CommitHook
  /** Made so far: their names. */
  memberships: number
}

export class MemoryLog implements Log {
  readonly keyed: KeyedReads | undefined
  readonly #options: MemoryLogOptions
  readonly #cluster: Cluster
  readonly #members = new Set<GroupMember<MemoryLease>>()

  constructor(options: MemoryLogOptions, cluster: Cluster) {
    this.#options = options
    this.#cluster = cluster
    const { store } = cluster
    this.keyed = options.keyed !== true ? undefined : {
      get: async (topic, partition, keys) => keys.map((key): LogRecord | undefined => store.partition(topic, partition).get(key)),
      armed: async (topic, partition) => store.partition(topic, partition).armed(),
    }
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<readonly TopicProblem[]> {
    return this.#cluster.store.ensureTopics(specs)
  }

  async topics(): Promise<readonly TopicSpec[]> {
    return this.#cluster.store.topics()
  }

  async join(membership: Membership, handler: LeaseHandler): Promise<Member> {
    const group = this.#groupOf(membership)
    this.#cluster.memberships += 1
    const member: GroupMember<MemoryLease> = {
      name: `member-${this.#cluster.memberships}`,
      seat: (partition) => {
        const lease = this.#lease(membership, partition, { owner: member.name, lives: (owner) => group.lives(owner), released: (ended) => group.release(member, ended) })
        queueMicrotask(() => handler.assigned(lease))
        return lease
      },
    }
    group.join(member)
    this.#members.add(member)
    return {
      leave: async () => {
        this.#members.delete(member)
        group.leave(member)
      },
    }
  }

  async read(topic: string, partition: number, from: number, to: number, options: ReadOptions): Promise<RecordRange> {
    return this.#cluster.store.partition(topic, partition).read(from, to, options)
  }

  async append(records: readonly OutRecord[]): Promise<AppendOutcome> {
    return this.#cluster.store.append(records)
  }

  async offsetsAt(topic: string, partition: number, at: Timepoint): Promise<number> {
    return this.#cluster.store.partition(topic, partition).offsetAt(at)
  }

  /** Members of this `Log` leave; what is stored stays for its peers. */
  async close(): Promise<void> {
    for (const group of this.#cluster.groups.values()) for (const member of this.#members) group.leave(member)
    this.#members.clear()
  }

  /** Another process of the same cluster. */
  peer(): MemoryLog {
    return new MemoryLog(this.#options, this.#cluster)
  }

  /** The next commits of a partition end like this, in the order of the calls. */
  inject(group: string, partition: number, fault: CommitFault): void {
    const name = `${group}/${partition}`
    this.#cluster.faults.set(name, [...(this.#cluster.faults.get(name) ?? []), fault])
  }

  /** Decides about every commit for which nothing is injected. */
  onCommit(hook: CommitHook): void {
    this.#cluster.hook = hook
  }

  /** Gives a partition to the nth member of its group. With `told: false` the old owner is a zombie that has not noticed. */
  move(group: string, partition: number, toMember: number, options: { readonly told: boolean } = { told: true }): void {
    const found = this.#cluster.groups.get(group)
    const member = found?.members[toMember]
    if (member === undefined) throw new OperationError('group/member', `group ${group} has no member ${toMember}`)
    found?.move(partition, member, options)
  }

  /** Which member of its group (the nth) holds a partition; -1 for none. */
  holder(group: string, partition: number): number {
    const found = this.#cluster.groups.get(group)
    const member = found?.holder(partition)
    return found === undefined || member === undefined ? -1 : found.members.indexOf(member)
  }

  /** Retention: forgets records before an offset. */
  truncate(topic: string, partition: number, before: number): void {
    this.#cluster.store.partition(topic, partition).truncate(before)
  }

  /** Leaves a gap of offsets, as transaction markers do. */
  skipOffsets(topic: string, partition: number, count: number): void {
    this.#cluster.store.partition(topic, partition).skip(count)
  }

  #lease(membership: Membership, partition: number, held: Pick<LeaseEnvironment, 'owner' | 'lives' | 'released'>): MemoryLease {
    const { store, faults } = this.#cluster
    const name = `${membership.group}/${partition}`
    const hook: CommitHook = (attempt) => faults.get(name)?.shift() ?? this.#cluster.hook(attempt)
    const proofMs = this.#options.proofMs ?? ((): number => Infinity)
    return new MemoryLease(partition, { store, clock: this.#options.clock ?? wallClock, membership, hook, proofMs, ...held })
  }

  #groupOf(membership: Membership): Group<MemoryLease> {
    const { store, groups } = this.#cluster
    const partitions = partitionsOf(membership, (topic) => store.specOf(topic))
    const group = groups.get(membership.group) ?? new Group<MemoryLease>(partitions, (run) => queueMicrotask(run))
    groups.set(membership.group, group)
    return group
  }
}

export function memoryLog(options: MemoryLogOptions = {}): MemoryLog {
  const store = new MemoryStore(options.recordBytesMax ?? 16 << 20)
  return new MemoryLog(options, { store, groups: new Map(), faults: new Map(), hook: () => undefined, memberships: 0 })
}

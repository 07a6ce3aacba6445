// A lease of the simulated cluster, and the faults that a test asks of its commits.
import type { CommitBatch, CommitOutcome, Committed, Lease, Membership, PollRequest } from '../../system/ports/log.ts'
import type { RecordRange } from '../../system/protocol/record.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { MemoryStore } from './store.ts'

export type CommitFault =
  /** The commit happened or not; its owner does not learn which. */
  | { readonly kind: 'unknown'; readonly applied: boolean; readonly reason: string }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'rejected'; readonly records: readonly number[]; readonly reason: string }

export interface CommitAttempt {
  readonly group: string
  readonly partition: number
  /** 0 for the first commit of this lease. */
  readonly nth: number
  readonly batch: CommitBatch
}

/** What should happen to a commit; awaited, so a test can hold it back. Undefined: nothing special. */
export type CommitHook = (attempt: CommitAttempt) => CommitFault | undefined | Promise<CommitFault | undefined>

export interface LeaseEnvironment {
  readonly store: MemoryStore
  readonly clock: Clock
  readonly membership: Membership
  readonly hook: CommitHook
  readonly proofMs: (partition: number) => number
  readonly owner: string
  lives(owner: string): boolean
  released(lease: MemoryLease): void
}

type Standing = 'assigned' | 'held' | 'lost' | 'released'

export class MemoryLease implements Lease {
  readonly group: string
  readonly partition: number
  readonly owner: string
  readonly lost: Promise<string>
  readonly #env: LeaseEnvironment
  readonly #ended = new AbortController()
  #standing: Standing = 'assigned'
  #epoch = -1
  #commits = 0
  #polls = 0
  #resolveLost: (reason: string) => void = () => {}

  constructor(partition: number, env: LeaseEnvironment) {
    this.group = env.membership.group
    this.partition = partition
    this.owner = env.owner
    this.#env = env
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve
    })
  }

  async fence(): Promise<'held' | 'lost'> {
    if (this.#isOver()) return 'lost'
    const seal = this.#env.store.seal(this.group, this.partition)
    seal.epoch += 1
    this.#epoch = seal.epoch
    this.#standing = 'held'
    return 'held'
  }

  async committed(): Promise<Committed | null> {
    return this.#env.store.committed(this.#env.membership, this.partition)
  }

  async poll(request: PollRequest): Promise<readonly RecordRange[]> {
    const { store, clock } = this.#env
    const deadlineMs = clock.monotonicMs() + request.waitMsMax
    this.#polls += 1
    for (;;) {
      const ranges = this.#isOver() ? [] : store.poll(this.partition, request, this.#polls)
      const leftMs = deadlineMs - clock.monotonicMs()
      if (ranges.length > 0 || leftMs <= 0 || this.#isOver()) return ranges
      await this.#nextWrite(leftMs)
    }
  }

  async commit(batch: CommitBatch): Promise<CommitOutcome> {
    const nth = this.#commits
    this.#commits += 1
    const fault = await this.#env.hook({ group: this.group, partition: this.partition, nth, batch })
    if (fault?.kind === 'unknown') {
      if (fault.applied) this.#commit(batch)
      return { kind: 'unknown', reason: fault.reason }
    }
    return fault ?? this.#commit(batch)
  }

  async release(): Promise<void> {
    if (this.#isOver()) return
    this.#standing = 'released'
    this.#ended.abort()
    this.#env.released(this)
  }

  lives(owner: string): boolean {
    return this.#env.lives(owner)
  }

  provenAtMs(): number {
    return this.#isOver() ? -Infinity : this.#env.proofMs(this.partition)
  }

  /** The partition went elsewhere. The lease may go on committing until the next owner fences. */
  lose(reason: string): void {
    if (this.#isOver()) return
    this.#standing = 'lost'
    this.#ended.abort()
    this.#resolveLost(reason)
  }

  #commit(batch: CommitBatch): CommitOutcome {
    if (this.#standing === 'released') return { kind: 'fenced' }
    return this.#env.store.commit(this.group, this.partition, this.#epoch, batch)
  }

  #isOver(): boolean {
    return this.#standing === 'lost' || this.#standing === 'released'
  }

  async #nextWrite(waitMs: number): Promise<void> {
    const woken = new AbortController()
    // A reason of one's own: without one, each abort makes an error with its stack.
    const wake = (): void => woken.abort('woken')
    const stop = this.#env.store.onWrite(wake)
    this.#ended.signal.addEventListener('abort', wake)
    await this.#env.clock.sleep(waitMs, woken.signal)
    this.#ended.signal.removeEventListener('abort', wake)
    stop()
  }
}

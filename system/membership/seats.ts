// Seats: the leases of one membership. Makes one of each index that is assigned, and another one after it was given back.
//
// S1. An index has at most one lease that has not ended.
// S2. A lease that ended otherwise than by the group is followed by another one only after a heartbeat that was sent since succeeded: who was fenced
//     must not fence the true owner in turn.

/** What a group tells the one that serves it. */
export interface MembershipEvents {
  /** All indices that are ours from now on, who lives, and why there are none if so. */
  assigned(indices: readonly number[], living: ReadonlySet<string>, reason: string | undefined): void
  /** Nothing is ours any more; the membership goes on. */
  lost(reason: string): void
  /** The membership goes on, and something stands in its way. */
  hindered(reason: string): void
  /** Nothing is ours any more, and will not be. */
  ended(reason: string): void
}

/** The group, as far as seats need it. */
export interface Standing {
  /** Resolves when a heartbeat that is sent from now on succeeded: true; false when the membership is over. */
  proven(): Promise<boolean>
}

/** A lease that can be taken away. */
export interface Losable {
  lose(reason: string): void
}

export interface SeatOptions<L extends Losable> {
  lease(partition: number, lives: (owner: string) => boolean, released: () => void): L
  assigned(lease: L): void
  /** A reason for people: no partitions although a member, or no membership any more. */
  notice(message: string): void
}

export class Seats<L extends Losable> implements MembershipEvents {
  readonly #options: SeatOptions<L>
  readonly #leases = new Map<number, L>()
  #membership: Standing | undefined
  #indices: ReadonlySet<number> = new Set()
  #reason: string | undefined

  constructor(options: SeatOptions<L>) {
    this.#options = options
  }

  serve(membership: Standing): void {
    this.#membership = membership
  }

  assigned(indices: readonly number[], living: ReadonlySet<string>, reason: string | undefined): void {
    this.#indices = new Set(indices)
    for (const [partition, lease] of this.#leases) if (!this.#indices.has(partition)) this.#lose(partition, lease, 'the partition moved to another member')
    for (const partition of indices) if (!this.#leases.has(partition)) this.#give(partition, living)
    if (reason !== undefined && reason !== this.#reason) this.#options.notice(`no partitions: ${reason}`)
    this.#reason = reason
  }

  lost(reason: string): void {
    this.#indices = new Set()
    for (const [partition, lease] of this.#leases) this.#lose(partition, lease, reason)
  }

  hindered(reason: string): void {
    this.#options.notice(reason)
  }

  ended(reason: string): void {
    this.lost(reason)
    this.#options.notice(reason)
  }

  #lose(partition: number, lease: L, reason: string): void {
    this.#leases.delete(partition)
    lease.lose(reason)
  }

  #give(partition: number, living: ReadonlySet<string>): void {
    const lease = this.#options.lease(partition, (owner) => living.has(owner), () => {
      if (this.#leases.get(partition) !== lease) return
      this.#leases.delete(partition)
      void this.#giveAgain(partition, living)
    })
    this.#leases.set(partition, lease)
    queueMicrotask(() => this.#options.assigned(lease))
  }

  /** S2. */
  async #giveAgain(partition: number, living: ReadonlySet<string>): Promise<void> {
    const isProven = (await this.#membership?.proven()) ?? false
    if (isProven && this.#indices.has(partition) && !this.#leases.has(partition)) this.#give(partition, living)
  }
}

// Hands the partition indices of one group to the members of this process. For drivers that have no server to do it.
//
// Owns: who holds which index. Does not fence: a holder that lost its index may still try to commit, and the log refuses it (I7).
//
// G1. An index has at most one holder.
// G2. A holder is told of its loss before the next holder is told of its gain.
// G3. After a join, a leave or an inheritance, holdings of two members differ by at most one.
// G5. What a dead member held waits for its heir: members that live neither lose nor gain by a death.
// G4. An index given back is handed out again so that shares stay even: to the same member, where another would then have two more. One that
//     the same member gives back again goes to another, if there is one. With nobody alive it goes to whoever comes.
import { assert } from '../protocol/assert.ts'

/** What a member holds of an index, usually a lease. */
export interface Seat {
  readonly partition: number
  /** The index went elsewhere. */
  lose(reason: string): void
}

export interface GroupMember<S extends Seat> {
  /** Its name, of which there is no other. */
  readonly name: string
  /** Makes the seat of an index and tells the member of it. */
  readonly seat: (partition: number) => S
}

export interface MoveOptions {
  /** False: the old holder is not told, like a process that is paused or cut off. */
  readonly told: boolean
}

export class Group<S extends Seat> {
  readonly partitions: number
  readonly #rehand: (run: () => void) => void
  readonly #held = new Map<GroupMember<S>, Map<number, S>>()
  readonly #dead = new Set<GroupMember<S>>()
  /** Who gave an index back and got it again. */
  readonly #regained = new Map<number, GroupMember<S>>()

  /** `rehand` runs its argument a little later: the pause before a released index is handed out again. */
  constructor(partitions: number, rehand: (run: () => void) => void) {
    this.partitions = partitions
    this.#rehand = rehand
  }

  /** Those that live. */
  get members(): readonly GroupMember<S>[] {
    return [...this.#held.keys()].filter((member) => !this.#dead.has(member))
  }

  /** The member is dead. Its seats are kept for an heir, or until it leaves (G5). */
  die(member: GroupMember<S>): void {
    if (this.#held.has(member)) this.#dead.add(member)
  }

  /** A member joins in the place of a dead one. */
  succeed(dead: GroupMember<S>, heir: GroupMember<S>): void {
    const seats = this.#held.get(dead)
    if (seats === undefined) return this.join(heir)
    this.#held.delete(dead)
    this.#dead.delete(dead)
    this.#held.set(heir, new Map())
    // Not first all and then less: what is lost at once is fenced all the same, and that late.
    for (const partition of [...seats.keys()].slice(0, Math.ceil(this.#toShare / this.members.length))) this.#give(heir, partition)
    this.#balance()
  }

  lives(name: string): boolean {
    for (const member of this.#held.keys()) if (member.name === name) return !this.#dead.has(member)
    return false
  }

  holder(partition: number): GroupMember<S> | undefined {
    for (const [member, seats] of this.#held) if (seats.has(partition)) return member
    return undefined
  }

  join(member: GroupMember<S>): void {
    assert(!this.#held.has(member), 'G1: a member joins once')
    this.#held.set(member, new Map())
    this.#balance()
  }

  /** Seats that are still held are lost. */
  leave(member: GroupMember<S>): void {
    const seats = this.#held.get(member)
    if (seats === undefined) return
    this.#held.delete(member)
    this.#dead.delete(member)
    for (const seat of seats.values()) seat.lose('the member left')
    this.#balance()
  }

  release(member: GroupMember<S>, seat: S): void {
    const seats = this.#held.get(member)
    if (seats?.get(seat.partition) !== seat) return
    seats.delete(seat.partition)
    this.#rehand(() => {
      if (this.holder(seat.partition) !== undefined) return
      const next = this.#next(seat.partition, member)
      if (next !== undefined) this.#give(next, seat.partition)
    })
  }

  /** Who gets an index that a member gave back (G4). */
  #next(partition: number, member: GroupMember<S>): GroupMember<S> | undefined {
    const other = this.#poorest((candidate) => candidate !== member) ?? this.#poorest(() => true)
    const own = this.#dead.has(member) ? undefined : this.#held.get(member)
    const isRegained = this.#regained.get(partition) === member
    this.#regained.delete(partition)
    if (other === undefined || own === undefined || isRegained || (this.#held.get(other)?.size ?? 0) <= own.size) return other
    this.#regained.set(partition, member)
    return member
  }

  move(partition: number, to: GroupMember<S>, options: MoveOptions): void {
    assert(this.#held.has(to), 'G1: only a member receives an index')
    const from = this.holder(partition)
    if (from !== undefined) this.#take(from, partition, options)
    this.#give(to, partition)
  }

  /** How many indices are those of the living. */
  get #toShare(): number {
    return this.partitions - [...this.#dead].reduce((sum, member) => sum + (this.#held.get(member)?.size ?? 0), 0)
  }

  /** Takes from who has too many, then gives what nobody holds to who has the fewest. */
  #balance(): void {
    this.#regained.clear()
    const living = this.members
    if (living.length === 0) return
    let roundedUp = this.#toShare % living.length
    const share = (this.#toShare - roundedUp) / living.length
    // The richest first: who already holds a share and one more keeps it.
    for (const [member, seats] of [...this.#held].filter(([member]) => !this.#dead.has(member)).sort((a, b) => b[1].size - a[1].size)) {
      const allowed = share + (roundedUp > 0 ? 1 : 0)
      if (roundedUp > 0) roundedUp -= 1
      const surplus = [...seats.keys()].sort((a, b) => a - b).slice(allowed)
      for (const partition of surplus) this.#take(member, partition, { told: true })
    }
    this.#giveFree()
  }

  #giveFree(): void {
    for (let partition = 0; partition < this.partitions; partition += 1) {
      if (this.holder(partition) !== undefined) continue
      const next = this.#poorest(() => true)
      if (next !== undefined) this.#give(next, partition)
    }
  }

  #poorest(accept: (member: GroupMember<S>) => boolean): GroupMember<S> | undefined {
    let poorest: GroupMember<S> | undefined
    let fewest = Infinity
    for (const [member, seats] of this.#held) {
      if (this.#dead.has(member) || !accept(member) || seats.size >= fewest) continue
      poorest = member
      fewest = seats.size
    }
    return poorest
  }

  #take(member: GroupMember<S>, partition: number, options: MoveOptions): void {
    const seats = this.#held.get(member)
    const seat = seats?.get(partition)
    seats?.delete(partition)
    if (options.told) seat?.lose('the partition moved to another member')
  }

  #give(member: GroupMember<S>, partition: number): void {
    assert(this.holder(partition) === undefined, 'G1: an index has at most one holder')
    this.#held.get(member)?.set(partition, member.seat(partition))
  }
}

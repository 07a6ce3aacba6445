// Groups: who of this process holds which partition. One place decides, on the thread that owns the folder; other threads ask it over a port.
//
// Owns: the groups. Leases live where their partitions run.
//
// The memberships of a thread that ended do not live any more (L7); what they held waits for the thread in its place (G5 of `group.ts`).
import { randomUUID } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import { Group } from '../../system/membership/group.ts'
import type { GroupMember, Seat } from '../../system/membership/group.ts'
import type { Clock } from '../../system/ports/clock.ts'

/** What a lease knows of its membership. */
export interface Held {
  readonly owner: string
  lives(owner: string): boolean
  /** The lease was given back. */
  released(): void
}

/** Makes the lease of a partition; the seat tells it of its loss. */
export type MakeSeat = (partition: number, held: Held) => Seat

export interface Groups {
  /** Resolves with how to leave. */
  join(group: string, partitions: number, make: MakeSeat): Promise<() => void>
  close(): void
}

/** What a dead thread was a member of, by group. */
export type Estate = ReadonlyMap<string, GroupMember<Seat>>

/** On the thread that owns the folder. */
export class LocalGroups implements Groups {
  readonly #clock: Clock
  readonly #rehandMs: number
  readonly #groups = new Map<string, Group<Seat>>()

  /** `rehandMs`: pause before a released partition is handed out again. */
  constructor(clock: Clock, rehandMs: number) {
    this.#clock = clock
    this.#rehandMs = rehandMs
  }

  async join(name: string, partitions: number, make: MakeSeat): Promise<() => void> {
    const { group, member } = this.#member(name, partitions, make)
    group.join(member)
    return () => group.leave(member)
  }

  #member(name: string, partitions: number, make: MakeSeat): { readonly group: Group<Seat>; readonly member: GroupMember<Seat> } {
    const group = this.#groups.get(name) ?? new Group<Seat>(partitions, (run) => void this.#clock.sleep(this.#rehandMs).then(run))
    this.#groups.set(name, group)
    const member: GroupMember<Seat> = {
      name: randomUUID(),
      seat: (partition) => {
        const seat = make(partition, { owner: member.name, lives: (owner) => group.lives(owner), released: () => group.release(member, seat) })
        return seat
      },
    }
    return { group, member }
  }

  members(name: string): readonly string[] {
    return this.#groups.get(name)?.members.map((member) => member.name) ?? []
  }

  /**
   * Serves another thread over a port, in the place of one that died where `estate` is given, until the returned function is called: it is over then.
   * What it has not come to take of that estate is part of its own.
   */
  serve(port: MessagePort, estate: Estate = new Map()): () => Estate {
    const inherited = new Map(estate)
    const own = new Map<number, { readonly name: string; readonly group: Group<Seat>; readonly member: GroupMember<Seat> }>()
    const seats = new Map<number, Held>()
    let count = 0
    let isOver = false
    const make = (join: number, group: string): MakeSeat => (partition, held) => {
      const seat = (count += 1)
      seats.set(seat, held)
      if (!isOver) port.postMessage({ kind: 'assigned', join, seat, partition, owner: held.owner, living: this.members(group) } satisfies FromGroups)
      return { partition, lose: (reason) => {
        seats.delete(seat)
        if (!isOver) port.postMessage({ kind: 'lost', seat, reason } satisfies FromGroups)
      } }
    }
    port.on('message', (message: ToGroups) => {
      // Sent before it was over, and delivered after.
      if (isOver) return
      switch (message.kind) {
        case 'join': {
          const { group, member } = this.#member(message.group, message.partitions, make(message.join, message.group))
          own.set(message.join, { name: message.group, group, member })
          const dead = inherited.get(message.group)
          inherited.delete(message.group)
          if (dead === undefined) group.join(member)
          else group.succeed(dead, member)
          return
        }
        case 'leave': {
          const found = own.get(message.join)
          own.delete(message.join)
          return found?.group.leave(found.member)
        }
        case 'released': {
          const held = seats.get(message.seat)
          seats.delete(message.seat)
          return held?.released()
        }
      }
    })
    return () => {
      isOver = true
      port.close()
      for (const { group, member } of own.values()) group.die(member)
      return new Map([...inherited, ...[...own.values()].map(({ name, member }) => [name, member] as const)])
    }
  }

  close(): void {
    for (const group of this.#groups.values()) for (const member of group.members) group.leave(member)
  }
}

type ToGroups =
  | { readonly kind: 'join'; readonly join: number; readonly group: string; readonly partitions: number }
  | { readonly kind: 'leave'; readonly join: number }
  | { readonly kind: 'released'; readonly seat: number }

type FromGroups =
  | { readonly kind: 'assigned'; readonly join: number; readonly seat: number; readonly partition: number; readonly owner: string; readonly living: readonly string[] }
  | { readonly kind: 'lost'; readonly seat: number; readonly reason: string }

/** On another thread. */
export class RemoteGroups implements Groups {
  readonly #port: MessagePort
  readonly #makers = new Map<number, MakeSeat>()
  readonly #seats = new Map<number, Seat>()
  #joins = 0

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (message: FromGroups) => (message.kind === 'assigned' ? this.#assigned(message) : this.#lost(message)))
    port.unref()
  }

  async join(group: string, partitions: number, make: MakeSeat): Promise<() => void> {
    const join = (this.#joins += 1)
    this.#makers.set(join, make)
    this.#post({ kind: 'join', join, group, partitions })
    return () => {
      this.#makers.delete(join)
      this.#post({ kind: 'leave', join })
    }
  }

  close(): void {
    this.#port.close()
  }

  #assigned({ join, seat, partition, owner, living }: Extract<FromGroups, { readonly kind: 'assigned' }>): void {
    const make = this.#makers.get(join)
    // Left meanwhile: the leave is on its way.
    if (make === undefined) return
    const known = new Set([owner, ...living])
    this.#seats.set(seat, make(partition, {
      owner,
      lives: (name) => known.has(name),
      released: () => {
        this.#seats.delete(seat)
        this.#post({ kind: 'released', seat })
      },
    }))
  }

  #lost({ seat, reason }: Extract<FromGroups, { readonly kind: 'lost' }>): void {
    this.#seats.get(seat)?.lose(reason)
    this.#seats.delete(seat)
  }

  #post(message: ToGroups): void {
    this.#port.postMessage(message)
  }
}

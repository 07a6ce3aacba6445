// Membership of one consumer group, by Kafka's classic protocol with our own assigner.
//
// Owns: member id, generation, heartbeats. Does not know leases: `system/membership/seats.ts` makes them of what is assigned.
//
// M1. What was assigned stays ours until an assignment without it, or until the coordinator does not know us any more: work goes on while the group
//     prepares a new assignment.
// M2. A proof of membership is the send time of a heartbeat or sync that succeeded (I12).
// M3. An instance id that another process took over is never joined with again: two processes would fence each other without end.
// M4. What was assigned for other topics than ours, to who had our instance id before, is not taken.
// M5. It joins with topics that are all known: it would be left out for one of which the broker that it asked has not heard, and nobody would ask again.
// M6. Who was stopped does not join any more, whatever it waited for meanwhile.
// M7. A rebalance waits for as long as a session lasts: a group keeps static members that do not come to it, and would say of one that died that it lives.
import { assert } from '../../system/protocol/assert.ts'
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import { within } from '../../system/protocol/within.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { assign } from '../../system/membership/assignment.ts'
import type { Candidate } from '../../system/membership/assignment.ts'
import type { MembershipEvents } from '../../system/membership/seats.ts'
import { packed } from '../../system/membership/user-data.ts'
import type { Cluster } from './cluster.ts'
import { explained, messageOf } from './cluster.ts'
import { codeOf, isForbidden, isTransport, retryOf } from './codes.ts'
import { assignmentData, isSame, subscriptionData } from '../../system/membership/member-data.ts'
import type { AssignmentData, SubscriptionData } from '../../system/membership/member-data.ts'
import type { Standing } from './transaction-plan.ts'
import { Unanswered } from './unanswered.ts'
import { heartbeatV4, joinGroupV9, leaveGroupV5, syncGroupV5 } from './group-requests.ts'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './member-protocol.ts'

export interface MembershipOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  /** Group and topics as the cluster calls them. */
  readonly group: string
  readonly topics: readonly string[]
  /** Names this membership; no other one of any process has the name. */
  readonly owner: string
  /** Set for static membership: a process that is restarted at once gets back what it had. */
  readonly instanceId: string | null
  readonly sessionMs: number
  readonly heartbeatMs: number
  readonly rebalanceMs: number
  /** Partitions by topic, as they are now; 0 of a topic that the asked broker does not know. */
  manifest(): Promise<Readonly<Record<string, number>>>
}

const PROTOCOL = 'statelog-index'
const PROTOCOL_TYPE = 'consumer'
const RETRY_MS = 50
const RETRY_MS_MAX = 1000
const LEAVE_MS_MAX = 3000
/** A coordinator that takes longer for a heartbeat than this part of the session is looked for anew, while there is time. */
const BEATS_PER_SESSION = 3
/** What no waiting heals. Every other refusal may: also one that this version does not know. */
const NEVER = new Set(['INVALID_GROUP_ID', 'INVALID_SESSION_TIMEOUT', 'UNSUPPORTED_VERSION', 'SECURITY_DISABLED', 'UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE'])

type Joined = Awaited<ReturnType<typeof joinGroupV9>>

export class Membership {
  readonly #options: MembershipOptions
  readonly #events: MembershipEvents
  readonly #use: string
  readonly #stopped = new AbortController()
  readonly #waiting = new Set<() => void>()
  #wake = new AbortController()
  #memberId = ''
  #generation = -1
  #owned: readonly number[] = []
  #isStable = false
  #hasEnded = false
  #hindrance = ''
  #provenAtMs = -Infinity
  #running: Promise<void> = Promise.resolve()
  #stopping: Promise<void> | undefined

  constructor(options: MembershipOptions, events: MembershipEvents) {
    assert(options.rebalanceMs >= options.sessionMs, 'M7: a rebalance that is shorter than a session')
    this.#options = options
    this.#events = events
    this.#use = `group ${options.owner}`
  }

  start(): void {
    this.#running = this.#run().finally(() => this.#options.cluster.connections.close(this.#use))
  }

  /** M2. */
  get provenAtMs(): number {
    return this.#provenAtMs
  }

  /** Who the coordinator knows us as; waits for a generation newer than `stale`. Undefined when the membership is over. */
  async standing(stale?: Standing): Promise<Standing | undefined> {
    for (;;) {
      if (this.#hasEnded || this.#stopped.signal.aborted || this.#memberId === '') return undefined
      const isNews = stale === undefined || stale.generation !== this.#generation || stale.memberId !== this.#memberId
      if (isNews) return { generation: this.#generation, memberId: this.#memberId, instanceId: this.#options.instanceId }
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  /** Resolves when a heartbeat that is sent from now on succeeded: true; false when the membership is over. */
  async proven(): Promise<boolean> {
    const fromMs = this.#options.clock.monotonicMs()
    this.#wake.abort()
    while (!this.#hasEnded && !this.#stopped.signal.aborted) {
      if (this.#isStable && this.#provenAtMs >= fromMs) return true
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
    return false
  }

  /** Leaves the group, so that others get what was ours at once. Brokers that do not answer hold that up for `LEAVE_MS_MAX`. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const { cluster, clock } = this.#options
    this.#stopped.abort()
    this.#wake.abort()
    this.#notify()
    const isOver = new AbortController()
    const late = clock.sleep(LEAVE_MS_MAX, isOver.signal)
    await Promise.race([this.#leave(), late])
    // A join that waits on it ends.
    cluster.connections.close(this.#use)
    await Promise.race([this.#running, late])
    isOver.abort()
  }

  async #leave(): Promise<void> {
    const { cluster, clock, group, owner, instanceId } = this.#options
    const memberId = this.#memberId
    if (memberId === '' || this.#hasEnded) return
    // On a connection of its own: a join that waits on the group's is never answered after a leave.
    const use = `leave ${owner}`
    const leave = (connection: Parameters<typeof leaveGroupV5>[0]): Promise<unknown> => leaveGroupV5(connection, group, [{ memberId, groupInstanceId: instanceId, reason: 'stopped' }])
    await cluster.atCoordinator('group', group, use, leave, { untilMs: clock.monotonicMs() + LEAVE_MS_MAX }).catch(() => undefined)
    cluster.connections.close(use)
  }

  async #run(): Promise<void> {
    let retryMs = RETRY_MS
    while (!this.#stopped.signal.aborted && !this.#hasEnded) {
      try {
        if (this.#isStable) await this.#beat()
        else await this.#join()
        retryMs = RETRY_MS
        this.#hindrance = ''
      } catch (thrown) {
        if (this.#stopped.signal.aborted) return
        const isHealing = this.#failed(thrown)
        if (!isHealing || this.#hasEnded) continue
        await this.#options.clock.sleep(retryMs, this.#stopped.signal)
        retryMs = Math.min(RETRY_MS_MAX, retryMs * 2)
      }
    }
  }

  async #beat(): Promise<void> {
    const { cluster, clock, group, heartbeatMs, sessionMs, instanceId } = this.#options
    await clock.sleep(heartbeatMs, AbortSignal.any([this.#wake.signal, this.#stopped.signal]))
    if (this.#stopped.signal.aborted) return
    if (this.#wake.signal.aborted) this.#wake = new AbortController()
    const connection = await cluster.coordinatorConnection('group', group, this.#use)
    const sentMs = clock.monotonicMs()
    await within(clock, heartbeatV4(connection, group, this.#generation, this.#memberId, instanceId), sessionMs / BEATS_PER_SESSION, () => {
      cluster.connections.close(this.#use)
      throw new Unanswered('TIMEOUT', `the coordinator of ${group} does not answer`)
    })
    this.#provenAtMs = sentMs
    this.#notify()
  }

  /** M5. */
  async #look(): Promise<Readonly<Record<string, number>>> {
    const manifest = await this.#options.manifest()
    const missing = Object.keys(manifest).find((topic) => manifest[topic] === 0)
    if (missing === undefined) return manifest
    const reason = `the broker that was asked does not know topic ${missing}; the group ${this.#options.group} is joined when it does`
    this.#hinder(missing, reason)
    throw new Unreachable('kafka/unreachable', reason)
  }

  async #join(): Promise<void> {
    const { cluster, clock, group, topics, owner, instanceId, sessionMs, rebalanceMs } = this.#options
    const data: SubscriptionData = { owner, manifest: await this.#look(), generation: this.#generation, owned: [] }
    // M6.
    if (this.#stopped.signal.aborted) return
    const metadata = encodeSubscription({
      topics: [...topics], userData: Buffer.from(packed(data)), ownedPartitions: topics.map((topic) => ({ topic, partitions: [...this.#owned] })),
    })
    const connection = await cluster.coordinatorConnection('group', group, this.#use)
    if (this.#stopped.signal.aborted) return
    const joined = await joinGroupV9(connection, group, sessionMs, rebalanceMs, this.#memberId, instanceId, PROTOCOL_TYPE, [{ name: PROTOCOL, metadata }], '')
    this.#memberId = joined.memberId
    if (this.#stopped.signal.aborted) return
    const isLeader = joined.leader === joined.memberId && !joined.skipAssignment
    const sentMs = clock.monotonicMs()
    const synced = await syncGroupV5(connection, group, joined.generationId, joined.memberId, instanceId, PROTOCOL_TYPE, PROTOCOL, isLeader ? this.#assignments(joined) : [])
    if (this.#stopped.signal.aborted) return
    this.#generation = joined.generationId
    this.#provenAtMs = sentMs
    this.#isStable = this.#take(synced.assignment, data.manifest)
    // M4. With another generation than before, the same member is compared anew.
    if (!this.#isStable) await clock.sleep(RETRY_MS, this.#stopped.signal)
    this.#notify()
  }

  #assignments({ members }: Joined): { memberId: string; assignment: Buffer }[] {
    // Each member's own: a member of another version reads other topics than the leader does.
    const topicsOf = new Map<string, readonly string[]>()
    const candidates = members.map(({ memberId, metadata }): Candidate => {
      const { topics, ownedPartitions, userData } = decodeSubscription(metadata)
      topicsOf.set(memberId, topics)
      return { memberId, ...subscriptionData(userData, memberId), owned: ownedPartitions[0]?.partitions ?? [] }
    })
    const living = candidates.map(({ owner }, index) => [owner, members[index]?.groupInstanceId ?? null] as const)
    const manifests = new Map(candidates.map(({ memberId, manifest }) => [memberId, manifest]))
    return [...assign(candidates)].map(([memberId, { indices, reason }]) => {
      const data: AssignmentData = { living, manifest: manifests.get(memberId) ?? {}, reason: reason ?? null }
      const assignedPartitions = (topicsOf.get(memberId) ?? []).map((topic) => ({ topic, partitions: [...indices] }))
      return { memberId, assignment: encodeAssignment({ assignedPartitions, userData: Buffer.from(packed(data)) }) }
    })
  }

  /** False for one that was made for other topics (M4). */
  #take(assignment: Buffer, mine: Readonly<Record<string, number>>): boolean {
    const { owner, instanceId } = this.#options
    const { assignedPartitions, userData } = decodeAssignment(assignment)
    const { living, manifest, reason } = assignmentData(userData)
    if (manifest !== undefined && !isSame(manifest, mine)) return false
    this.#owned = assignedPartitions[0]?.partitions ?? []
    // The process that had our instance id before is dead, although the leader may not have heard of it.
    const others = living.filter(([, instance]) => instanceId === null || instance !== instanceId).map(([name]) => name)
    this.#events.assigned(this.#owned, new Set([...others, owner]), reason ?? undefined)
    return true
  }

  /** True when a pause may heal it. */
  #failed(thrown: unknown): boolean {
    const code = codeOf(thrown)
    switch (code) {
      case 'MEMBER_ID_REQUIRED':
        this.#memberId = (thrown as { readonly response?: { readonly memberId: string } }).response?.memberId ?? ''
        return false
      case 'REBALANCE_IN_PROGRESS':
        this.#isStable = false
        return false
      case 'ILLEGAL_GENERATION':
      case 'UNKNOWN_MEMBER_ID':
        if (code === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
        this.#isStable = false
        this.#owned = []
        this.#generation = -1
        this.#events.lost(`the group does not know this member any more (${code}): it was silent for longer than its session`)
        this.#notify()
        return false
      case 'FENCED_INSTANCE_ID':
        return this.#end(`another process took over the instance id '${this.#options.instanceId ?? ''}'`)
      default:
    }
    // Without a right, trying again changes nothing.
    if (thrown instanceof OperationError && thrown.code !== 'kafka/unreachable') return this.#end(thrown.message)
    if (isForbidden(code)) return this.#end((explained(thrown, { group: this.#options.group, topics: this.#options.topics }) as Error).message)
    if (NEVER.has(code)) return this.#end(`the group ${this.#options.group} cannot be joined: ${messageOf(thrown)}`)
    // The group's state is the coordinator's: another broker goes on with our generation.
    if (retryOf(code) !== 'later') this.#options.cluster.forgetCoordinator('group', this.#options.group, code)
    if (isUnreadable(thrown) || (!isTransport(code) && retryOf(code) === 'no' && code !== 'OperationError')) this.#hinder(code, `the group ${this.#options.group} refuses this member, which tries again: ${messageOf(thrown)}`)
    return true
  }

  /** Said once, until something succeeds. */
  #hinder(what: string, reason: string): void {
    if (this.#hindrance === what) return
    this.#hindrance = what
    this.#events.hindered(reason)
  }

  #end(reason: string): false {
    this.#hasEnded = true
    this.#owned = []
    this.#events.ended(reason)
    this.#notify()
    return false
  }

  #notify(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

const isUnreadable = (thrown: unknown): boolean => thrown instanceof Unanswered && thrown.cause instanceof RangeError

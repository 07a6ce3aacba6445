// Membership of one consumer group: kafkajs' consumer with an assigner of our own. The consumer joins and beats; it is told that it has no partition, and reads
// nothing.
//
// Owns: the consumer, and what the group says through it. Does not know leases: `system/membership/seats.ts` makes them of what is assigned.
//
// M1. What was assigned stays ours until an assignment without it, or until the coordinator does not know us any more: work goes on while the group
//     prepares a new assignment.
// M2. A proof of membership is the send time of a heartbeat or sync that succeeded (I12).
// M3. After `stop` the consumer finds no group any more: it cannot join again by itself.
// M4. An instance id that another process took over is never joined with again: two processes would fence each other without end.
// M5. What was assigned for other topics than ours, to who had our instance id before, is not taken.
// M6. A rebalance waits for as long as a session lasts: a group keeps static members that do not come to it, and would say of one that died that it lives.
import kafkajs from 'kafkajs'
import type { Assigner, Cluster as PublicCluster, Consumer, GroupMember, GroupMemberAssignment } from 'kafkajs'
import { assert } from '../../system/protocol/assert.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { assign } from '../../system/membership/assignment.ts'
import type { Candidate } from '../../system/membership/assignment.ts'
import type { MembershipEvents } from '../../system/membership/seats.ts'
import { assignmentData, isSame, subscriptionData } from '../../system/membership/member-data.ts'
import type { AssignmentData, SubscriptionData } from '../../system/membership/member-data.ts'
import { packed } from '../../system/membership/user-data.ts'
import type { Client } from './client.ts'
import { codeOf, isAbsent, isForbidden, isMoved, messageOf, refusal } from './codes.ts'
import { watchGroup } from './internals.ts'
import type { Cluster } from './internals.ts'
import { instanceOf, speakingAs } from './static-member.ts'

export interface MembershipOptions {
  readonly client: Client
  /** Connections apart from those of the consumer: a join that waits on these is never answered after a leave. */
  readonly beside: Cluster
  readonly clock: Clock
  /** As the cluster calls it. */
  readonly group: string
  /** Topics as the cluster calls them, by our names. */
  readonly topics: ReadonlyMap<string, string>
  /** Names this membership; no other one of any process has the name. */
  readonly owner: string
  /** Set for static membership: a process that is restarted at once gets back what it had. */
  readonly instanceId: string | null
  readonly sessionMs: number
  readonly heartbeatMs: number
  readonly rebalanceMs: number
}

/** Not that of the default client: the two lay out their data otherwise, and must not be in one group. */
const PROTOCOL = 'statelog-index-kafkajs-2'
const RETRY_MS = 200
/** While no coordinator answers; and after a refusal. */
const OUTAGE_RETRY_MS_MAX = 1000
const RETRY_MS_MAX = 5000
/** What no waiting heals. */
const NEVER = new Set(['INVALID_GROUP_ID', 'INVALID_SESSION_TIMEOUT', 'UNSUPPORTED_VERSION', 'SECURITY_DISABLED', 'UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE'])
const LEAVE_MS_MAX = 3000
const { AssignerProtocol } = kafkajs
const NOTHING = AssignerProtocol.MemberAssignment.encode({ version: 0, assignment: {}, userData: Buffer.alloc(0) })

export class Membership {
  readonly #options: MembershipOptions
  readonly #events: MembershipEvents
  readonly #stopped = new AbortController()
  readonly #waiting = new Set<() => void>()
  #consumer: Consumer | undefined
  #crash: (thrown: unknown) => void = () => {}
  #memberId = ''
  #generation = -1
  /** As the group was told last. */
  #manifest: Readonly<Record<string, number>> = {}
  #owned: readonly number[] = []
  /** The generation in which they were assigned. */
  #ownedIn = -1
  #isStable = false
  #hasEnded = false
  #retryMs = RETRY_MS
  #hindrance = ''
  #provenAtMs = -Infinity
  #running: Promise<void> = Promise.resolve()
  #stopping: Promise<void> | undefined

  constructor(options: MembershipOptions, events: MembershipEvents) {
    assert(options.rebalanceMs >= options.sessionMs, 'M6: a rebalance that is shorter than a session')
    this.#options = options
    this.#events = events
  }

  start(): void {
    this.#running = this.#run()
  }

  /** M2. */
  get provenAtMs(): number {
    return this.#provenAtMs
  }

  /** Resolves when a heartbeat that is sent from now on succeeded: true; false when the membership is over. */
  async proven(): Promise<boolean> {
    const fromMs = this.#options.clock.monotonicMs()
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
    const { beside, clock, group, instanceId } = this.#options
    this.#stopped.abort()
    this.#notify()
    // M3. Stopping waits for what is under way, which the leave may end.
    const stopping = this.#consumer?.disconnect().catch(() => undefined)
    this.#crash(undefined)
    const memberId = this.#memberId
    const leave = async (): Promise<void> => {
      await beside.connect()
      await speakingAs(instanceId, await beside.findGroupCoordinator({ groupId: group })).leaveGroup({ groupId: group, memberId })
    }
    const isOver = new AbortController()
    const left = memberId === '' || this.#hasEnded ? Promise.resolve() : leave().catch(() => undefined)
    const gone = Promise.all([left, this.#isStable ? stopping : undefined]).then(() => this.#running)
    await Promise.race([gone, clock.sleep(LEAVE_MS_MAX, isOver.signal)])
    isOver.abort()
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted && !this.#hasEnded) {
      const thrown = await this.#live()
      if (this.#stopped.signal.aborted || this.#hasEnded) return
      this.#forget(`the membership was interrupted: ${messageOf(thrown)}`)
      const code = codeOf(thrown)
      if (isForbidden(code)) return this.#end(refusal(thrown, { group: this.#options.group, topics: [...this.#options.topics.values()] }).message)
      if (NEVER.has(code)) return this.#end(`the group ${this.#options.group} cannot be joined: ${messageOf(thrown)}`)
      if (!isAbsent(code) && !isMoved(code)) this.#hinder(code, messageOf(thrown))
      const waitMs = Math.min(isAbsent(code) ? OUTAGE_RETRY_MS_MAX : RETRY_MS_MAX, this.#retryMs)
      this.#retryMs = Math.min(RETRY_MS_MAX, waitMs * 2)
      await this.#options.clock.sleep(waitMs, this.#stopped.signal)
    }
  }

  /** Said once, until the group is joined. */
  #hinder(code: string, message: string): void {
    if (this.#hindrance === code) return
    this.#hindrance = code
    this.#events.hindered(`the group ${this.#options.group} refuses this member, which tries again: ${message}`)
  }

  /** Until the consumer is of no use any more; answers why. */
  async #live(): Promise<unknown> {
    const { client, group, topics, sessionMs, rebalanceMs, heartbeatMs } = this.#options
    const consumer = client.member({ groupId: group, sessionMs, rebalanceMs, heartbeatMs, assigner: ({ cluster }) => this.#assigner(cluster), mayRestart: () => false })
    this.#consumer = consumer
    const crashed = new Promise<unknown>((resolve) => {
      this.#crash = resolve
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => this.#crash(payload.error))
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics.values()] })
      if (!this.#stopped.signal.aborted) void consumer.run({ autoCommit: false, eachBatch: async () => {} }).catch((thrown: unknown) => this.#crash(thrown))
      return await crashed
    } catch (thrown) {
      return thrown
    } finally {
      void consumer.disconnect().catch(() => undefined)
    }
  }

  #assigner(cluster: PublicCluster): Assigner {
    watchGroup(cluster, NOTHING, () => this.#options.clock.monotonicMs(), {
      instanceId: this.#options.instanceId,
      memberId: () => this.#memberId,
      looking: () => {
        if (this.#stopped.signal.aborted || this.#hasEnded) throw new OperationError('membership/stopped', 'the membership was stopped')
      },
      lookAgain: async (thrown) => {
        const code = codeOf(thrown)
        if (!isAbsent(code)) return false
        this.#isStable = false
        await this.#options.clock.sleep(RETRY_MS, this.#stopped.signal)
        return true
      },
      joined: ({ memberId, generationId }) => {
        this.#memberId = memberId
        this.#generation = generationId
      },
      synced: (assignment, sentMs) => this.#synced(assignment, sentMs),
      beat: (sentMs) => {
        this.#provenAtMs = sentMs
        this.#notify()
      },
      refused: (thrown) => this.#refused(codeOf(thrown)),
    })
    return {
      name: PROTOCOL, version: 1,
      protocol: ({ topics }) => {
        this.#manifest = Object.fromEntries([...this.#options.topics].map(([topic, onCluster]) => [topic, cluster.findTopicPartitionMetadata(onCluster).length]))
        const data: SubscriptionData = { owner: this.#options.owner, manifest: this.#manifest, owned: this.#owned, generation: this.#ownedIn }
        return { name: PROTOCOL, metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.from(packed(data)) }) }
      },
      assign: async ({ members }) => this.#assignments(members),
    }
  }

  #assignments(members: readonly GroupMember[]): GroupMemberAssignment[] {
    // Each member's own: a member of another version reads other topics than the leader does.
    const topicsOf = new Map<string, readonly string[]>()
    const candidates = members.map(({ memberId, memberMetadata }): Candidate => {
      const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata)
      topicsOf.set(memberId, metadata?.topics ?? [])
      return { memberId, ...subscriptionData(metadata?.userData, memberId) }
    })
    const living = candidates.map(({ owner }, index) => [owner, instanceOf(members[index] as GroupMember)] as const)
    const manifests = new Map(candidates.map(({ memberId, manifest }) => [memberId, manifest]))
    return [...assign(candidates)].map(([memberId, { indices, reason }]) => {
      const data: AssignmentData = { living, manifest: manifests.get(memberId) ?? {}, reason: reason ?? null }
      const assignment = Object.fromEntries((topicsOf.get(memberId) ?? []).map((topic) => [topic, [...indices]]))
      return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 0, assignment, userData: Buffer.from(packed(data)) }) }
    })
  }

  /** False for one that was made for other topics (M5). */
  #synced(encoded: Buffer, sentMs: number): boolean {
    if (this.#stopped.signal.aborted) return true
    const { owner, instanceId } = this.#options
    const { assignment = {}, userData } = AssignerProtocol.MemberAssignment.decode(encoded) ?? {}
    const { living, manifest, reason } = assignmentData(userData)
    this.#ownedIn = this.#generation
    this.#provenAtMs = sentMs
    // With another generation than before, the same member is compared anew.
    if (manifest !== undefined && !isSame(manifest, this.#manifest)) return false
    this.#owned = Object.values(assignment)[0] ?? []
    this.#isStable = true
    this.#retryMs = RETRY_MS
    this.#hindrance = ''
    // The process that had our instance id before is dead, although the leader may not have heard of it.
    const others = living.filter(([, instance]) => instanceId === null || instance !== instanceId).map(([name]) => name)
    this.#events.assigned(this.#owned, new Set([...others, owner]), reason ?? undefined)
    this.#notify()
    return true
  }

  #refused(code: string): void {
    if (code === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
    if (code === 'UNKNOWN_MEMBER_ID' || code === 'ILLEGAL_GENERATION') this.#forget(`the group does not know this member any more (${code}): it was silent for longer than its session`)
    else if (code === 'REBALANCE_IN_PROGRESS') this.#isStable = false
    // M4.
    else if (code === 'FENCED_INSTANCE_ID') this.#end(`another process took over the instance id '${this.#options.instanceId ?? ''}'`)
  }

  #forget(reason: string): void {
    this.#isStable = false
    this.#owned = []
    this.#ownedIn = -1
    if (!this.#stopped.signal.aborted) this.#events.lost(reason)
    this.#notify()
  }

  #end(reason: string): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#owned = []
    this.#events.ended(reason)
    this.#crash(undefined)
    this.#notify()
  }

  #notify(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

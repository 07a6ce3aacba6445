// What the driver uses of kafkajs beneath its public interface: all of it is here (what a cluster remembers: `coordinators.ts`; connections: `sockets.ts`), and a test fails when another version has it otherwise.
//
// Owns: the shapes that are relied on. kafkajs must not be bundled: these files are found in its package.
import { createRequire } from 'node:module'
import type { Broker as PublicBroker, Cluster as PublicCluster } from 'kafkajs'
import { codeOf, isAbsent, isForbidden } from './codes.ts'
import { rememberCoordinators } from './coordinators.ts'
import type { SeekerClass } from './coordinators.ts'
import { oneSocketEach } from './sockets.ts'
import type { Connection, Errors } from './sockets.ts'
import { speakingAs } from './static-member.ts'

/** The version that these shapes are of. */
export const TESTED_VERSION = '2.2.4'

export interface RawRequest<T> {
  readonly request: unknown
  readonly response: {
    decode(payload: Buffer): Promise<T>
    parse(decoded: T): Promise<T>
  }
  readonly requestTimeout: number
  readonly logResponseError: false
}

export interface JoinAnswer {
  readonly generationId: number
  readonly memberId: string
}

interface GroupBroker {
  joinGroup(request: object): Promise<JoinAnswer>
  syncGroup(request: object): Promise<{ readonly memberAssignment: Buffer }>
  heartbeat(request: object): Promise<unknown>
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>
}

export type Broker = PublicBroker & GroupBroker & {
  readonly connectionPool: { send<T>(request: RawRequest<T>): Promise<T> }
}

/** kafkajs' view of the cluster with connections of its own. Its brokers are the same objects from call to call. */
export type Cluster = Omit<PublicCluster, 'findBroker' | 'findGroupCoordinator'> & {
  findBroker(node: { readonly nodeId: string }): Promise<Broker>
  findGroupCoordinator(group: { readonly groupId: string }): Promise<Broker>
}

export interface FetchRequest {
  readonly replicaId: -1
  readonly maxWaitTime: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolationLevel: 1
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string; readonly maxBytes: number }[] }[]
}

interface RequestQueue {
  readonly prototype: { scheduleCheckPendingRequests(this: { readonly pending: readonly unknown[] }): void }
}

interface Coordinated {
  readonly groupId: string
  readonly coordinatorType: number
}

type ClusterClass = SeekerClass & {
  readonly prototype: {
    findGroupCoordinatorMetadata(this: Pool, wanted: Coordinated): Promise<unknown>
    metadata(this: Pool, wanted: { readonly topics?: readonly string[] }): Promise<unknown>
  }
}

interface Asked {
  findGroupCoordinator(wanted: Coordinated): Promise<unknown>
  metadata(topics: readonly string[]): Promise<unknown>
}

interface Pool {
  readonly brokerPool: {
    /** Passes over brokers that throw, whatever they throw. */
    withBroker<T>(ask: (found: { readonly broker: Asked }) => Promise<T>): Promise<T | null>
  }
}

interface PartitionErrors {
  readonly partitionErrors: readonly { readonly errorCode: number }[]
}

interface AddPartitionsAnswer {
  readonly errors: readonly PartitionErrors[]
}

interface AddPartitions {
  parse(answer: AddPartitionsAnswer): Promise<AddPartitionsAnswer>
}

const NOT_COORDINATOR = 16
const REBALANCE_IN_PROGRESS = 27
const NOT_ATTEMPTED = 55

const internal = createRequire(import.meta.url)

/** Fetch of version 10, which is for leaders: to newer ones also those answer that follow, with what they have heard of, and do not say that another one leads. */
export const fetchRequest = internal('kafkajs/src/protocol/requests/fetch/v10/request') as (request: FetchRequest) => unknown

/** The client's error for a code of the protocol. */
export const errorNamed = (internal('kafkajs/src/protocol/error') as { readonly createErrorFromCode: (code: number) => Error }).createErrorFromCode

const requestQueue = internal('kafkajs/src/network/requestQueue') as RequestQueue
const connection = internal('kafkajs/src/network/connection') as { readonly prototype: Connection }
const errors = internal('kafkajs/src/errors') as Errors
const cluster = internal('kafkajs/src/cluster') as ClusterClass

const addPartitions = [0, 1].map((version) => internal(`kafkajs/src/protocol/requests/addPartitionsToTxn/v${version}/response`) as AddPartitions)

class Unanswered {
  readonly thrown: unknown
  constructor(thrown: unknown) {
    this.thrown = thrown
  }
}

let isMended = false

/** Once for the process, whoever uses kafkajs in it. */
export function mend(): void {
  if (isMended) return
  isMended = true
  // A connection without requests in waiting looks for them all the time otherwise: 2 to 4 % of a core for each client that has nothing to do.
  const schedule = requestQueue.prototype.scheduleCheckPendingRequests
  requestQueue.prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) schedule.call(this)
  }
  oneSocketEach(connection.prototype, errors)
  // Whatever the brokers answer, no coordinator was found otherwise: a missing right would look like an outage, and be tried again for ever.
  const find = cluster.prototype.findGroupCoordinatorMetadata
  cluster.prototype.findGroupCoordinatorMetadata = async function (wanted) {
    try {
      return await find.call(this, wanted)
    } catch (thrown) {
      const why = await this.brokerPool.withBroker(({ broker }) => broker.findGroupCoordinator(wanted).catch((refused: unknown) => refused))
      throw isForbidden(codeOf(why)) ? why : thrown
    }
  }
  // Where no broker answered there is nothing otherwise, and the admin client fails on it with words of its own.
  const look = cluster.prototype.metadata
  cluster.prototype.metadata = async function (wanted) {
    const found = await look.call(this, wanted)
    if (found !== null) return found
    const again = await this.brokerPool.withBroker(({ broker }) => broker.metadata(wanted.topics ?? []).catch((thrown: unknown) => new Unanswered(thrown)))
    if (again instanceof Unanswered) throw again.thrown
    return again
  }
  rememberCoordinators(cluster)
  // The first partition of a request is told of otherwise, which may only not have been attempted for the sake of another one.
  for (const answers of addPartitions) {
    const { parse } = answers
    answers.parse = (answer) => parse({ ...answer, errors: reasons(answer.errors) })
  }
}

/** Without what was not attempted, where something else is the reason. */
function reasons(errors: readonly PartitionErrors[]): readonly PartitionErrors[] {
  const attempted = errors.map((topic) => ({ ...topic, partitionErrors: topic.partitionErrors.filter(({ errorCode }) => errorCode !== NOT_ATTEMPTED) }))
  return attempted.some(({ partitionErrors }) => partitionErrors.some(({ errorCode }) => errorCode !== 0)) ? attempted : errors
}

export interface GroupWatch {
  /** Of a static member; null: none. */
  readonly instanceId: string | null
  /** As whom a static member comes back after its client failed; '' for one that the group does not know. */
  memberId(): string
  /** Throws to keep the client from looking for its group again. */
  looking(): void
  /** The coordinator was not found: true, after a pause, to look again. kafkajs itself would give up the membership. */
  lookAgain(thrown: unknown): Promise<boolean>
  joined(answer: JoinAnswer): void
  /** The whole assignment; the client itself is told that it has none, and so fetches nothing. False: it is to join again. */
  synced(assignment: Buffer, sentMs: number): boolean
  beat(sentMs: number): void
  refused(thrown: unknown): void
}

/**
 * Watches what a consumer says to its group and hears from it: when a heartbeat was sent, and the user data of an assignment, are in none of its events.
 * `nothing` is the assignment that the client is told.
 */
export function watchGroup(cluster: PublicCluster, nothing: Buffer, nowMs: () => number, watch: GroupWatch): void {
  const found = cluster as unknown as { findGroupCoordinator: Cluster['findGroupCoordinator'] }
  const find = found.findGroupCoordinator.bind(cluster)
  const noted = async <T>(request: Promise<T>): Promise<T> => {
    try {
      return await request
    } catch (thrown) {
      watch.refused(thrown)
      // The group's state is the coordinator's: another broker, or the same one when it is back, goes on with our membership. kafkajs would ask a dead one on and on.
      throw isAbsent(codeOf(thrown)) ? errorNamed(NOT_COORDINATOR) : thrown
    }
  }
  const findAgain = async (group: { readonly groupId: string }): Promise<Broker> => {
    for (;;) {
      watch.looking()
      try {
        return await find(group)
      } catch (thrown) {
        if (!(await watch.lookAgain(thrown))) throw thrown
      }
    }
  }
  found.findGroupCoordinator = async (group) => {
    const broker = await findAgain(group)
    const member = speakingAs(watch.instanceId, broker)
    const watched: GroupBroker = {
      leaveGroup: (request) => member.leaveGroup(request),
      joinGroup: async (request) => {
        watch.looking()
        // Without its name it would be taken for a process that has just started, and shut out the one that has taken its place.
        const known = watch.instanceId === null ? '' : watch.memberId()
        const answer = await noted(member.joinGroup(known === '' ? request : { ...request, memberId: known }))
        watch.joined(answer)
        return answer
      },
      syncGroup: async (request) => {
        const sentMs = nowMs()
        const answer = await noted(member.syncGroup(request))
        if (!watch.synced(answer.memberAssignment, sentMs)) throw errorNamed(REBALANCE_IN_PROGRESS)
        return { ...answer, memberAssignment: nothing }
      },
      heartbeat: async (request) => {
        watch.looking()
        const sentMs = nowMs()
        await noted(member.heartbeat(request))
        watch.beat(sentMs)
      },
    }
    return Object.assign(Object.create(broker) as Broker, watched)
  }
}

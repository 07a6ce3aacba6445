// A Kafka cluster as a client sees it: which broker leads a partition, which one coordinates a group or a transactional id, and how to ask again when
// that changes.
//
// Owns: the metadata. A broker that is cut off from the controller goes on answering what it knew: after a leader or coordinator that is none, or one that goes
// on saying that it is not done yet, another broker is asked, and what is older than what is known is not taken, but for what all of them tell (`topic-view.ts`). Retries only what is safe to repeat byte for byte.
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { rightText } from '../kafka-rights/rights.ts'
import type { Touched } from '../kafka-rights/rights.ts'
import { codeOf, isCredentials, isForbidden, isTransport, retryOf } from './codes.ts'
import type { Connection } from './connection.ts'
import { Connections, FINDING } from './connections.ts'
import type { Broker, Transport } from './connections.ts'
import { findCoordinatorV6, metadataV12 } from './topic-requests.ts'
import { Newest } from './topic-view.ts'
import type { TopicView } from './topic-view.ts'
import { errorName } from './wire.ts'

/** How long a request is repeated: until the signal aborts or the time is over. */
export interface Effort {
  readonly signal?: AbortSignal
  /** In ms of the monotonic clock. */
  readonly untilMs?: number
}

export type CoordinatorKind = 'group' | 'transaction'

const COORDINATOR_KEY_TYPES: Readonly<Record<CoordinatorKind, number>> = { group: 0, transaction: 1 }
const RETRY_MS = 25
/** How long a broker that did not answer is asked last. */
const SILENT_MS = 10_000
const LATER_MS_MIN = 2
const LATER_MS_MAX = 25
/** Who goes on putting off for so long may have been replaced. Heartbeats share the coordinator of a group, and markers may travel for some time. */
const PUT_OFF_MS: Readonly<Record<CoordinatorKind, number>> = { group: 5000, transaction: 500 }
/** As long as brokers keep a transaction open. */
const DOUBT_MS = 15_000

const HIDDEN = 'TOPIC_AUTHORIZATION_FAILED'

class NoLeader extends TypeError {
  readonly apiId = 'LEADER_NOT_AVAILABLE'
}

export class Cluster {
  readonly connections: Connections
  readonly #bootstrap: readonly Broker[]
  readonly #clock: Clock
  readonly #brokers = new Map<number, Broker>()
  readonly #topics = new Map<string, TopicView>()
  readonly #newest = new Newest()
  /** Of those that were asked for by name. */
  readonly #hidden = new Set<string>()
  readonly #coordinators = new Map<string, number>()
  #refreshing: Promise<void> | undefined
  /** Brokers that did not answer, and until when they are asked last. */
  readonly #silent = new Map<string, number>()
  /** By group or id: who did not answer as its coordinator is asked last who that is: it may have been replaced, and not know it. For who merely puts off none is forgotten. */
  readonly #doubted = new Map<string, { readonly broker: Broker; readonly untilMs: number }>()
  #turn = 0

  constructor(bootstrap: readonly Broker[], transport: Transport, clock: Clock) {
    this.connections = new Connections(transport)
    this.#bootstrap = bootstrap
    this.#clock = clock
  }

  get nodes(): readonly number[] {
    return [...this.#brokers.keys()]
  }

  /** Asks some broker; another one when that does not answer, and `lastly` this one. */
  async anyBroker<T>(ask: (connection: Connection, broker: Broker) => Promise<T>, use = 'any', touched: Touched | null = {}, lastly?: Broker): Promise<T> {
    let last: unknown
    for (const broker of this.#inTurn(lastly)) {
      try {
        return await ask(await this.connections.get(use, broker), broker)
      } catch (thrown) {
        if (!isTransport(codeOf(thrown))) throw touched === null ? thrown : explained(thrown, touched)
        last = thrown
        this.#fellSilent(broker)
      }
    }
    const names = this.#bootstrap.map(({ host, port }) => `${host}:${port}`).join(', ')
    throw new Unreachable('kafka/unreachable', `no broker answers at ${names}: ${messageOf(last)}. Is Kafka running there, and is the listener the right one?`, last)
  }

  #fellSilent(broker: Broker): void {
    this.#silent.set(nameOf(broker), this.#clock.monotonicMs() + SILENT_MS)
  }

  /** Each broker once; last those that did not answer a while ago: one that stands still costs a whole time limit. */
  #inTurn(lastly?: Broker): readonly Broker[] {
    const nowMs = this.#clock.monotonicMs()
    const brokers = [...new Map([...this.#bootstrap, ...this.#brokers.values()].map((broker) => [nameOf(broker), broker])).values()]
    const first = this.#turn % brokers.length
    const turned = [...brokers.slice(first), ...brokers.slice(0, first)]
    const [awake, silent] = [[] as Broker[], [] as Broker[]]
    for (const broker of turned) ((this.#silent.get(nameOf(broker)) ?? -Infinity) > nowMs ? silent : awake).push(broker)
    const isLast = (broker: Broker): boolean => lastly !== undefined && nameOf(broker) === nameOf(lastly)
    return [...awake, ...silent].sort((a, b) => Number(isLast(a)) - Number(isLast(b)))
  }

  /** The partitions of a topic; undefined when there is none of that name. Throws `kafka/forbidden` when it may not be seen. */
  async topic(name: string): Promise<TopicView | undefined> {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    await this.refresh([name])
    if (this.#hidden.has(name)) throw new OperationError('kafka/forbidden', rightText(HIDDEN, { topics: [name] }))
    return this.#topics.get(name)
  }

  /** As known now, without asking. */
  known(name: string): TopicView | undefined {
    return this.#topics.get(name)
  }

  /** Learns leaders anew, of all known topics and of these, from another broker than before: who sent us to the wrong leader may not have heard of the newest. */
  async refresh(names: readonly string[] = []): Promise<void> {
    const missing = names.filter((name) => !this.#topics.has(name))
    if (this.#refreshing !== undefined) await this.#refreshing
    if (this.#refreshing === undefined || missing.some((name) => !this.#topics.has(name))) {
      this.#turn += 1
      this.#refreshing = this.#learn([...new Set([...this.#topics.keys(), ...names])]).finally(() => {
        this.#refreshing = undefined
      })
      await this.#refreshing
    }
  }

  /** Learns the brokers. Throws `kafka/unreachable` and its like. */
  async reach(): Promise<void> {
    await this.#learn([])
  }

  /** Every topic there is. */
  async allTopics(): Promise<readonly string[]> {
    await this.#learn(null)
    return [...this.#topics.keys()]
  }

  leaderOf(topic: string, partition: number): number {
    return this.#topics.get(topic)?.leaders[partition] ?? -1
  }

  /** Of the leader, at this moment of both; -1: not known. */
  epochOf(topic: string, partition: number): number {
    return this.#topics.get(topic)?.epochs[partition] ?? -1
  }

  broker(node: number): Broker | undefined {
    return this.#brokers.get(node)
  }

  async connectionTo(use: string, node: number): Promise<Connection> {
    const broker = this.#brokers.get(node)
    if (broker === undefined) throw new NoLeader(`broker ${node} is not known`)
    return this.connections.get(use, broker)
  }

  /** Asks the leader of a partition, again after a look at the metadata where another broker may lead. */
  async atLeader<T>(use: string, topic: string, partition: number, ask: (connection: Connection, leaderEpoch: number) => Promise<T>, effort: Effort): Promise<T> {
    return this.repeat(effort, { topics: [topic] }, async () => {
      const leader = this.leaderOf(topic, partition)
      if (leader < 0) throw new NoLeader(`partition ${partition} of ${topic} has no leader`)
      const epoch = this.epochOf(topic, partition)
      return ask(await this.connectionTo(use, leader), epoch)
    }, () => this.refresh([topic]).catch(() => undefined))
  }

  /** Asks the coordinator of a group or transactional id, which is `node`; `more`: what else the request is about. */
  async atCoordinator<T>(kind: CoordinatorKind, key: string, use: string, ask: (connection: Connection, node: number) => Promise<T>, effort: Effort, more: Touched = {}): Promise<T> {
    let node: number | undefined
    return this.repeat(effort, { ...more, ...(kind === 'group' ? { group: key } : { transactionalId: key }) }, async () => {
      node = undefined
      node = await this.#coordinator(kind, key)
      return ask(await this.connectionTo(use, node), node)
    }, async (code) => {
      if (node === undefined) this.#turn += 1
      else if (retryOf(code) !== 'leader') this.forgetCoordinator(kind, key, code, node)
    }, PUT_OFF_MS[kind])
  }

  /** A connection to the coordinator, for requests that must not be repeated. */
  async coordinatorConnection(kind: CoordinatorKind, key: string, use: string): Promise<Connection> {
    return this.connectionTo(use, await this.#coordinator(kind, key))
  }

  /** The next look asks another broker; `code`: what became of a request to this one. Nothing where another one than `node` was found meanwhile. */
  forgetCoordinator(kind: CoordinatorKind, key: string, code: string, node?: number): void {
    const name = `${kind} ${key}`
    const known = this.#coordinators.get(name)
    if (node !== undefined && known !== node) return
    const broker = this.#brokers.get(known ?? -1)
    if (broker !== undefined && isTransport(code)) this.#fellSilent(broker)
    else if (broker !== undefined) this.#doubt(name, broker, retryOf(code) === 'later')
    this.#turn += 1
    this.#coordinators.delete(name)
  }

  #doubt(name: string, broker: Broker, isPutOff: boolean): void {
    const nowMs = this.#clock.monotonicMs()
    if (!isPutOff || nowMs >= (this.#doubted.get(name)?.untilMs ?? -Infinity)) this.#doubted.set(name, { broker, untilMs: isPutOff ? nowMs : nowMs + DOUBT_MS })
  }

  close(): void {
    this.connections.closeAll()
  }

  async #coordinator(kind: CoordinatorKind, key: string): Promise<number> {
    const name = `${kind} ${key}`
    const known = this.#coordinators.get(name)
    if (known !== undefined) return known
    const { coordinators } = await this.anyBroker((connection) => findCoordinatorV6(connection, COORDINATOR_KEY_TYPES[kind], [key]), FINDING, null, this.#doubted.get(name)?.broker)
    const found = coordinators[0]
    if (found === undefined) throw new NoLeader(`no broker coordinates ${name}`)
    this.#brokers.set(found.nodeId, { host: found.host, port: found.port })
    this.#coordinators.set(name, found.nodeId)
    return found.nodeId
  }

  /** Asks until it is answered; `learn` runs between, and where it is put off after so long. Throws what does not heal, and the last failure when the effort is over. */
  async repeat<T>(effort: Effort, touched: Touched, ask: () => Promise<T>, learn: (code: string) => Promise<void>, putOffMsMax: number = PUT_OFF_MS.transaction): Promise<T> {
    let [laterMs, putOffMs] = [LATER_MS_MIN, 0]
    for (;;) {
      try {
        return await ask()
      } catch (thrown) {
        const code = codeOf(thrown)
        const retry = isTransport(code) ? 'leader' : retryOf(code)
        const isOver = isUnwanted(effort) || (effort.untilMs !== undefined && this.#clock.monotonicMs() >= effort.untilMs)
        if (retry === 'no' && !isUnreachable(thrown)) throw explained(thrown, touched)
        if (isOver) throw thrown
        await this.#clock.sleep(retry === 'later' ? laterMs : RETRY_MS, effort.signal)
        if (isUnwanted(effort)) throw thrown
        putOffMs += laterMs
        if (retry === 'later' && putOffMs < putOffMsMax) laterMs = Math.min(LATER_MS_MAX, laterMs * 1.5)
        else {
          putOffMs = 0
          await learn(code)
        }
      }
    }
  }

  async #learn(names: readonly string[] | null): Promise<void> {
    const asked = names === null ? null : [...names]
    let by = ''
    const response = await this.anyBroker((connection, broker) => {
      by = nameOf(broker)
      return metadataV12(connection, asked, false, false).catch((thrown: unknown) => {
        // One unknown topic makes the whole answer an error that carries it.
        const partial = (thrown as { readonly response?: Awaited<ReturnType<typeof metadataV12>> }).response
        if (partial?.topics === undefined) throw thrown
        return partial
      })
    })
    const telling = { by, all: response.brokers.map(nameOf), nowMs: this.#clock.monotonicMs() }
    for (const { nodeId, host, port } of response.brokers) this.#brokers.set(nodeId, { host, port })
    for (const topic of response.topics) {
      if (topic.name === null || topic.name === undefined || topic.isInternal) continue
      if (errorName(topic.errorCode) === HIDDEN) this.#hidden.add(topic.name)
      else this.#hidden.delete(topic.name)
      if (topic.partitions.length === 0) this.#topics.delete(topic.name)
      else this.#topics.set(topic.name, this.#newest.of(topic, this.#topics.get(topic.name), telling))
    }
  }
}

const nameOf = ({ host, port }: Broker): string => `${host}:${port}`

const isUnwanted = ({ signal }: Effort): boolean => signal?.aborted === true

const isUnreachable = (thrown: unknown): boolean => thrown instanceof Unreachable

/** For callers that can wait: brokers that did not answer in time, or had no leader or coordinator, may again. */
export function patient(thrown: unknown): unknown {
  const code = codeOf(thrown)
  if (thrown instanceof Unreachable) return thrown
  return isTransport(code) || retryOf(code) !== 'no' ? new Unreachable('kafka/unreachable', messageOf(thrown)) : thrown
}

export function messageOf(thrown: unknown): string {
  const code = codeOf(thrown)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return message.includes(code) ? message : `${code}: ${message}`
}

/** Missing rights and wrong credentials are for people. */
export function explained(thrown: unknown, touched: Touched): unknown {
  const code = codeOf(thrown)
  if (!isForbidden(code)) return thrown
  if (isCredentials(code)) return new OperationError('kafka/credentials', `the broker refuses the credentials: ${messageOf(thrown)}. Check user, password and mechanism.`)
  return new OperationError('kafka/forbidden', rightText(code, touched))
}

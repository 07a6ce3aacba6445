// Topics of the cluster: what there is, how it is cut and kept, and making what is missing.
//
// Owns: what is known of cleanup and limits; leaders belong to `cluster.ts`.
import { OperationError } from '../../system/protocol/failures.ts'
import type { TopicSpec } from '../../system/protocol/record.ts'
import type { TopicProblem } from '../../system/ports/log.ts'
import type { Keeping } from '../../system/ports/topic-keeping.ts'
import { KEEPING_SETTINGS, VERIFICATION, keepingOf } from '../../system/membership/keeping.ts'
import { topicMismatch } from '../../system/membership/topics.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { Cluster } from './cluster.ts'
import { explained, messageOf } from './cluster.ts'
import { codeOf, retryOf } from './codes.ts'
import type { Names } from '../../system/membership/names.ts'
import { Refusals } from './request.ts'
import { createTopicsV7, describeConfigsV4 } from './topic-requests.ts'
import { errorName } from './wire.ts'

export interface TopicSettings {
  readonly cleanup: 'delete' | 'compact'
  /** The largest record batch that the topic takes, bytes. */
  readonly batchBytesMax: number
}

export interface TopicMaking {
  /** Copies of each partition; undefined: three where there are three brokers. */
  readonly replication: number | undefined
  /** Of topics that are made here. */
  readonly batchBytesMax: number
}

const TOPIC_RESOURCE = 2 as const
const BROKER_RESOURCE = 4
/** Less than a request may take, so that it is the broker who says it. */
const CREATE_MS_MAX = 8000
const LEADERS_MS_MAX = 30_000
const LEADERS_AGAIN_MS = 20
const KEYS = ['cleanup.policy', 'max.message.bytes']

export class Topics {
  readonly #cluster: Cluster
  readonly #names: Names
  readonly #clock: Clock
  readonly #making: TopicMaking
  readonly #settings = new Map<string, TopicSettings>()

  constructor(cluster: Cluster, names: Names, clock: Clock, making: TopicMaking) {
    this.#cluster = cluster
    this.#names = names
    this.#clock = clock
    this.#making = making
  }

  async spec(name: string): Promise<TopicSpec | undefined> {
    const view = await this.#cluster.topic(this.#names.of(name))
    if (view === undefined) return undefined
    return { name, partitions: view.leaders.length, cleanup: (await this.settings(name)).cleanup }
  }

  async all(): Promise<readonly TopicSpec[]> {
    const names = (await this.#cluster.allTopics()).flatMap((onCluster) => this.#names.shown(onCluster) ?? [])
    await this.#learn(names)
    return names.flatMap((name) => {
      const view = this.#cluster.known(this.#names.of(name))
      const settings = this.#settings.get(name)
      return view === undefined || settings === undefined ? [] : [{ name, partitions: view.leaders.length, cleanup: settings.cleanup }]
    })
  }

  /** `isAnew`: as the brokers say now, whatever they said before. */
  async settings(name: string, isAnew = false): Promise<TopicSettings> {
    if (isAnew || !this.#settings.has(name)) {
      // What may not be seen is not taken for unknown.
      await this.#cluster.topic(this.#names.of(name))
      await this.#learn([name])
    }
    const settings = this.#settings.get(name)
    if (settings === undefined) throw new OperationError('topic/unknown', `there is no topic ${name}`)
    return settings
  }

  /** Throws `topic/unknown` where there is no such partition. */
  async assertPartition(topic: string, partition: number): Promise<void> {
    const view = await this.#cluster.topic(this.#names.of(topic))
    if (view === undefined) throw new OperationError('topic/unknown', `there is no topic ${topic}`)
    if (!(partition >= 0 && partition < view.leaders.length)) throw new OperationError('topic/unknown', `there is no partition ${partition} of topic ${topic}: it has ${view.leaders.length}`)
  }

  /** Creates what is missing; answers what exists otherwise. */
  async ensure(specs: readonly TopicSpec[]): Promise<readonly TopicProblem[]> {
    await this.#cluster.refresh(specs.map(({ name }) => this.#names.of(name)))
    const missing = specs.filter(({ name }) => this.#cluster.known(this.#names.of(name)) === undefined)
    if (missing.length > 0) await this.#create(missing)
    // All in one request.
    await this.#learn(specs.map(({ name }) => name).filter((name) => !this.#settings.has(name) && this.#cluster.known(this.#names.of(name)) !== undefined))
    const problems: TopicProblem[] = []
    for (const wanted of specs) {
      const existing = await this.spec(wanted.name)
      const reason = existing === undefined ? 'was not created' : topicMismatch(existing, wanted)
      if (reason !== undefined) problems.push({ topic: wanted.name, reason })
    }
    return problems
  }

  /** As it is now. */
  async keeping(names: readonly string[]): Promise<Keeping> {
    await this.#cluster.refresh(names.map((name) => this.#names.of(name)))
    const described = await this.#described(names, KEEPING_SETTINGS)
    const topics = described.flatMap(({ name, value }) => keepingOf(name, this.#cluster.known(this.#names.of(name))?.replicas ?? 0, value) ?? [])
    return { brokers: this.#cluster.nodes.length, topics }
  }

  /** Brokers that do not verify what transactions write. Each is asked itself: one that is away, or whose settings may not be seen, is absent. */
  async unverifying(): Promise<readonly number[]> {
    await this.#cluster.reach()
    const { nodes } = this.#cluster
    const values = await Promise.all(nodes.map(async (node) => {
      const asked = [{ resourceType: BROKER_RESOURCE, resourceName: String(node), configurationKeys: [VERIFICATION] }]
      const answer = this.#cluster.connectionTo('admin', node).then((connection) => describeConfigsV4(connection, asked, false, false))
      return answer.then(({ results: [found] }) => found?.configs[0]?.value, () => undefined)
    }))
    return nodes.filter((_, index) => values[index] === 'false')
  }

  async #create(specs: readonly TopicSpec[]): Promise<void> {
    const { replication, batchBytesMax } = this.#making
    const replicationFactor = replication ?? Math.min(3, this.#cluster.nodes.length)
    const topics = specs.map(({ name, partitions, cleanup }) => ({
      name: this.#names.of(name), numPartitions: partitions, replicationFactor,
      configs: [
        { name: 'cleanup.policy', value: cleanup },
        { name: 'max.message.bytes', value: String(batchBytesMax) },
        // History is kept, whatever the cluster's default: who wants less says so on the topic.
        ...(cleanup === 'delete' ? [{ name: 'retention.ms', value: '-1' }, { name: 'retention.bytes', value: '-1' }] : []),
        // Event times are what the source says they are.
        { name: 'message.timestamp.after.max.ms', value: '9223372036854775807' },
        ...(replicationFactor >= 3 ? [{ name: 'min.insync.replicas', value: '2' }] : []),
      ],
    }))
    try {
      await this.#cluster.anyBroker((connection) => createTopicsV7(connection, topics, CREATE_MS_MAX, false), 'admin', { topics: topics.map(({ name }) => name) })
    } catch (thrown) {
      // Another process may have made some meanwhile: what exists is compared after.
      const why = thrown instanceof Refusals ? thrown.errors.find(({ apiId }) => apiId !== 'TOPIC_ALREADY_EXISTS') : thrown
      if (why !== undefined) throw notCreated(specs, explained(why, { topics: topics.map(({ name }) => name) }))
    }
    await this.#untilLed(topics.map(({ name }) => name))
  }

  /** A topic that was just made has no leaders for a moment. */
  async #untilLed(names: readonly string[]): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + LEADERS_MS_MAX
    for (;;) {
      await this.#cluster.refresh(names)
      const waiting = names.filter((name) => this.#cluster.known(name)?.leaders.every((leader) => leader >= 0) !== true)
      if (waiting.length === 0) return
      if (this.#clock.monotonicMs() > untilMs) throw new OperationError('topics/create', `topics ${waiting.join(', ')} have no leaders yet: are enough brokers up?`)
      await this.#clock.sleep(LEADERS_AGAIN_MS)
    }
  }

  async #learn(names: readonly string[]): Promise<void> {
    for (const { name, value } of await this.#described(names, KEYS)) {
      // Without the right to see it, the cluster's defaults are assumed.
      this.#settings.set(name, { cleanup: value('cleanup.policy')?.includes('compact') === true ? 'compact' : 'delete', batchBytesMax: Number(value('max.message.bytes') ?? 1_048_588) })
    }
  }

  /** Topics that exist, each with its settings that may be seen. */
  async #described(names: readonly string[], keys: readonly string[]): Promise<readonly { readonly name: string; value(key: string): string | undefined }[]> {
    if (names.length === 0) return []
    const resources = names.map((name) => ({ resourceType: TOPIC_RESOURCE, resourceName: this.#names.of(name), configurationKeys: [...keys] }))
    const { results } = await this.#cluster.anyBroker((connection) => describeConfigsV4(connection, resources, false, false).catch((thrown: unknown) => {
      const partial = (thrown as { readonly response?: Awaited<ReturnType<typeof describeConfigsV4>> }).response
      if (partial?.results === undefined) throw thrown
      return partial
    }), 'admin')
    return results.flatMap(({ resourceName, errorCode, configs }) => {
      const name = this.#names.shown(resourceName)
      if (name === undefined || errorName(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') return []
      return [{ name, value: (key: string) => configs.find((config) => config.name === key)?.value ?? undefined }]
    })
  }
}

function notCreated(specs: readonly TopicSpec[], thrown: unknown): unknown {
  if (retryOf(codeOf(thrown)) !== 'no' || thrown instanceof OperationError) return thrown
  return new OperationError('topics/create', `topics ${specs.map(({ name }) => name).join(', ')} were not created: ${messageOf(thrown)}`)
}

// Topics of the cluster: what there is, how it is cut and kept, and making what is missing.
//
// Owns: what is known of partitions, cleanup and limits; leaders belong to `leaders.ts`.
import kafkajs from 'kafkajs'
import type { Admin, DescribeConfigResponse, PartitionMetadata } from 'kafkajs'
import { OperationError } from '../../system/protocol/failures.ts'
import type { TopicSpec } from '../../system/protocol/record.ts'
import type { TopicProblem } from '../../system/ports/log.ts'
import type { Keeping } from '../../system/ports/topic-keeping.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { KEEPING_SETTINGS, VERIFICATION, keepingOf } from '../../system/membership/keeping.ts'
import type { Names } from '../../system/membership/names.ts'
import { topicMismatch } from '../../system/membership/topics.ts'
import { codeOf, isForbidden, isPassing, messageOf, refusal } from './codes.ts'

export interface TopicSettings {
  readonly partitions: number
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

const CREATE_MS_MAX = 30_000
const KNOWN_AGAIN_MS = 20
const KEYS = ['cleanup.policy', 'max.message.bytes']
const BATCH_BYTES_MAX = 1_048_588

export class Topics {
  readonly #admin: Admin
  readonly #names: Names
  readonly #clock: Clock
  readonly #making: TopicMaking
  readonly #settings = new Map<string, TopicSettings>()

  constructor(admin: Admin, names: Names, clock: Clock, making: TopicMaking) {
    this.#admin = admin
    this.#names = names
    this.#clock = clock
    this.#making = making
  }

  async spec(name: string): Promise<TopicSpec | undefined> {
    if (!this.#settings.has(name)) await this.#learn([name])
    const settings = this.#settings.get(name)
    return settings === undefined ? undefined : { name, partitions: settings.partitions, cleanup: settings.cleanup }
  }

  async all(): Promise<readonly TopicSpec[]> {
    const names = (await this.#admin.listTopics()).flatMap((onCluster) => this.#names.shown(onCluster) ?? [])
    await this.#learn(names)
    return names.flatMap((name) => {
      const settings = this.#settings.get(name)
      return settings === undefined ? [] : [{ name, partitions: settings.partitions, cleanup: settings.cleanup }]
    })
  }

  /** Partitions by topic, as the brokers say now. */
  async counts(names: readonly string[]): Promise<Readonly<Record<string, number>>> {
    const found = await this.#partitionsOf(names.map((name) => this.#names.of(name)))
    return Object.fromEntries(names.map((name) => [name, found.get(this.#names.of(name))?.length ?? 0]))
  }

  /** `isAnew`: as the brokers say now, whatever they said before. Throws `topic/unknown`. */
  async settings(name: string, isAnew = false): Promise<TopicSettings> {
    if (isAnew || !this.#settings.has(name)) await this.#learn([name])
    const settings = this.#settings.get(name)
    if (settings === undefined) throw new OperationError('topic/unknown', `there is no topic ${name}`)
    return settings
  }

  /** Throws `topic/unknown` where there is no such partition. */
  async assertPartition(topic: string, partition: number): Promise<void> {
    if (partition < (this.#settings.get(topic)?.partitions ?? 0) && partition >= 0) return
    // It may have grown.
    this.#settings.delete(topic)
    const { partitions } = await this.settings(topic)
    if (!(partition >= 0 && partition < partitions)) throw new OperationError('topic/unknown', `there is no partition ${partition} of topic ${topic}: it has ${partitions}`)
  }

  /** Creates what is missing; answers what exists otherwise. */
  async ensure(specs: readonly TopicSpec[]): Promise<readonly TopicProblem[]> {
    for (const { name } of specs) this.#settings.delete(name)
    // By name: a list of all topics takes long on a cluster that has thousands.
    const existing = await this.#partitionsOf(specs.map(({ name }) => this.#names.of(name)))
    const missing = specs.filter(({ name }) => !existing.has(this.#names.of(name)))
    if (missing.length > 0) await this.#create(missing)
    await this.#learn(specs.map(({ name }) => name))
    const problems: TopicProblem[] = []
    for (const wanted of specs) {
      const found = await this.spec(wanted.name)
      const reason = found === undefined ? 'was not created' : topicMismatch(found, wanted)
      if (reason !== undefined) problems.push({ topic: wanted.name, reason })
    }
    return problems
  }

  /** As it is now. */
  async keeping(names: readonly string[]): Promise<Keeping> {
    const partitions = await this.#partitionsOf(names.map((name) => this.#names.of(name)))
    const described = await this.#described([...partitions.keys()], KEEPING_SETTINGS)
    const topics = described.flatMap(({ onCluster, name, value }) => keepingOf(name, partitions.get(onCluster)?.[0]?.replicas.length ?? 0, value) ?? [])
    return { brokers: (await this.#admin.describeCluster()).brokers.length, topics }
  }

  /** Brokers that do not verify what transactions write; one that is away, or whose settings may not be seen, is absent. */
  async unverifying(): Promise<readonly number[]> {
    const nodes = (await this.#admin.describeCluster()).brokers.map(({ nodeId }) => nodeId)
    const values = await Promise.all(nodes.map((node) => {
      const asked = { type: kafkajs.ConfigResourceTypes.BROKER, name: String(node), configNames: [VERIFICATION] }
      return this.#admin.describeConfigs({ includeSynonyms: false, resources: [asked] }).then(({ resources: [found] }) => found?.configEntries[0]?.configValue, () => undefined)
    }))
    return nodes.filter((_, index) => values[index] === 'false')
  }

  async #create(specs: readonly TopicSpec[]): Promise<void> {
    const { replication, batchBytesMax } = this.#making
    const replicationFactor = replication ?? Math.min(3, (await this.#admin.describeCluster()).brokers.length)
    const topics = specs.map(({ name, partitions, cleanup }) => ({
      topic: this.#names.of(name), numPartitions: partitions, replicationFactor,
      configEntries: [
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
      // Another process may have made them meanwhile: what exists is compared after.
      await this.#admin.createTopics({ topics, timeout: CREATE_MS_MAX, waitForLeaders: false })
    } catch (thrown) {
      if (isForbidden(codeOf(thrown))) throw refusal(thrown, { topics: topics.map(({ topic }) => topic) })
      if (isPassing(codeOf(thrown))) throw thrown
      if (codeOf(thrown) !== 'TOPIC_ALREADY_EXISTS') throw new OperationError('topics/create', `topics ${specs.map(({ name }) => name).join(', ')} were not created: ${messageOf(thrown)}`)
    }
    await this.#untilKnown(topics.map(({ topic }) => topic))
  }

  /** A broker may not have heard of a topic that was just made. */
  async #untilKnown(names: readonly string[]): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + CREATE_MS_MAX
    for (;;) {
      const known = await this.#partitionsOf(names).catch((thrown: unknown) => {
        if (codeOf(thrown) !== 'LEADER_NOT_AVAILABLE') throw thrown
        return new Map<string, PartitionMetadata[]>()
      })
      const waiting = names.filter((name) => !known.has(name))
      if (waiting.length === 0) return
      if (this.#clock.monotonicMs() > untilMs) throw new OperationError('topics/create', `topics ${waiting.join(', ')} have no leaders yet: are enough brokers up?`)
      await this.#clock.sleep(KNOWN_AGAIN_MS)
    }
  }

  async #learn(names: readonly string[]): Promise<void> {
    const partitions = await this.#partitionsOf(names.map((name) => this.#names.of(name)))
    for (const { onCluster, name, value } of await this.#described([...partitions.keys()], KEYS)) {
      // Without the right to see it, the cluster's defaults are assumed.
      this.#settings.set(name, { partitions: partitions.get(onCluster)?.length ?? 0, cleanup: value('cleanup.policy')?.includes('compact') === true ? 'compact' : 'delete', batchBytesMax: Number(value('max.message.bytes') ?? BATCH_BYTES_MAX) })
    }
  }

  /** None of a topic whose settings may not be seen: one of those fails the whole request. */
  async #configsOf(onCluster: readonly string[], keys: readonly string[]): Promise<readonly Pick<DescribeConfigResponse['resources'][number], 'resourceName' | 'configEntries'>[]> {
    try {
      return (await this.#admin.describeConfigs({ includeSynonyms: false, resources: onCluster.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: [...keys] })) })).resources
    } catch (thrown) {
      if (!isForbidden(codeOf(thrown))) throw thrown
      if (onCluster.length === 1) return onCluster.map((resourceName) => ({ resourceName, configEntries: [] }))
      return (await Promise.all(onCluster.map((name) => this.#configsOf([name], keys)))).flat()
    }
  }

  /** Of topics that exist, as the cluster calls them. */
  async #described(onCluster: readonly string[], keys: readonly string[]): Promise<readonly { readonly onCluster: string; readonly name: string; value(key: string): string | undefined }[]> {
    if (onCluster.length === 0) return []
    const resources = await this.#configsOf(onCluster, keys)
    return resources.flatMap(({ resourceName, configEntries }) => {
      const name = this.#names.shown(resourceName)
      return name === undefined ? [] : [{ onCluster: resourceName, name, value: (key: string) => configEntries.find((entry) => entry.configName === key)?.configValue }]
    })
  }

  /** By name on the cluster; what does not exist is absent. */
  async #partitionsOf(names: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionMetadata[]>> {
    if (names.length === 0) return new Map()
    try {
      const { topics } = await this.#admin.fetchTopicMetadata({ topics: [...names] })
      return new Map(topics.map(({ name, partitions }) => [name, partitions]))
    } catch (thrown) {
      if (isForbidden(codeOf(thrown)) && names.length === 1) throw refusal(thrown, { topics: names })
      if (codeOf(thrown) !== 'UNKNOWN_TOPIC_OR_PARTITION' && !isForbidden(codeOf(thrown))) throw thrown
      // One unknown or hidden name fails the whole request.
      if (names.length === 1) return new Map()
      const found = await Promise.all(names.map((name) => this.#partitionsOf([name])))
      return new Map(found.flatMap((each) => [...each]))
    }
  }
}

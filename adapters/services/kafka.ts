// Apache Kafka on this machine: a broker that is its own controller, or three of them, from the jars of Maven Central.
//
// Owns: the data folder of each broker. Small heaps: it is for trying and testing.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperationError } from '../../system/protocol/failures.ts'
import { fetchedJars, jarsMissing, javaCommand } from './jars.ts'
import { end, exchange, freePort, isInstalled, launch } from './server.ts'
import type { Running } from './server.ts'

export interface KafkaOptions {
  readonly folder: string
  /** Of the first broker; the others take what is free. */
  readonly port: number
  readonly brokers: 1 | 3
  readonly detached: boolean
  /** Lines added to the configuration of each broker, which count more than its own; for one with a listener of its own, made with its free port. */
  readonly properties?: readonly string[]
  /** Further arguments of the formatting of its data, such as users. */
  readonly formatArgs?: readonly string[]
}

export interface Broker {
  readonly port: number
  /** The process that runs it now. */
  readonly running: Running
  /** At once, as by a power cut. */
  kill(): void
  /** Again, with the data it had. */
  restart(): Promise<Running>
}

const JARS = 'kafka-4.1.1'
const READY_MS_MAX = 60_000
/** Sixteen bytes in base64url: a cluster's id. */
const CLUSTER_ID = 'c3RhdGVsb2dTZXJ2aWNlcw'

/** Why Kafka cannot be started here, with the cure; undefined: it can. */
export function kafkaMissing(): string | undefined {
  return isInstalled(javaCommand('java'), '-version') ? jarsMissing(JARS) : 'Java 17 is not installed (Debian: apt-get install openjdk-17-jre-headless)'
}

/** Resolves when all of them answer. */
export async function startKafka({ folder, port, brokers, detached, properties = [], formatArgs = [] }: KafkaOptions): Promise<readonly Broker[]> {
  const classes = join(fetchedJars(JARS, join(import.meta.dirname, 'pom.xml')), '*')
  const ports: number[] = []
  for (let at = 0; at < 2 * brokers; at += 1) ports.push(await freePort(at === 0 ? port : 0))
  const [clients, controllers] = [ports.slice(0, brokers), ports.slice(brokers)]
  const voters = controllers.map((controller, index) => `${index + 1}@127.0.0.1:${controller}`).join(',')
  return Promise.all(clients.map(async (client, index): Promise<Broker> => {
    const home = join(folder, `broker-${index + 1}`)
    mkdirSync(home, { recursive: true })
    const file = join(home, 'server.properties')
    writeFileSync(file, [...configuration({ id: index + 1, client, controller: controllers[index] ?? 0, voters, home, brokers }), ...properties].join('\n'))
    const formatted = spawnSync(javaCommand('java'), ['-cp', classes, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file, '--ignore-formatted', ...formatArgs], { encoding: 'utf8' })
    if (formatted.status !== 0) throw new OperationError('services/start', `the data folder of Kafka was not made: ${formatted.stderr.trim()}`)
    const launchIt = (): Promise<Running> => launch({
      command: javaCommand('java'), args: [brokers === 1 ? '-Xmx512m' : '-Xmx384m', '-Xms256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classes, 'kafka.Kafka', file],
      folder: home, output: join(home, 'output.log'), detached, isReady: () => answers(client), readyMsMax: READY_MS_MAX,
    })
    let running = await launchIt()
    return {
      port: client,
      get running() {
        return running
      },
      kill: () => void process.kill(running.pid, 'SIGKILL'),
      restart: async () => (running = await launchIt()),
    }
  }))
}

export async function stopKafka(brokers: readonly Broker[]): Promise<void> {
  await Promise.all(brokers.map(({ running }) => end(running)))
}

interface Place {
  readonly id: number
  readonly client: number
  readonly controller: number
  readonly voters: string
  readonly home: string
  readonly brokers: number
}

function configuration({ id, client, controller, voters, home, brokers }: Place): readonly string[] {
  const isr = brokers === 1 ? 1 : 2
  return [
    'process.roles=broker,controller', `node.id=${id}`, `controller.quorum.voters=${voters}`,
    `listeners=PLAINTEXT://127.0.0.1:${client},CONTROLLER://127.0.0.1:${controller}`, `advertised.listeners=PLAINTEXT://127.0.0.1:${client}`,
    'controller.listener.names=CONTROLLER', 'inter.broker.listener.name=PLAINTEXT', `log.dirs=${join(home, 'data')}`, 'auto.create.topics.enable=false',
    `offsets.topic.replication.factor=${brokers}`, 'offsets.topic.num.partitions=4',
    `transaction.state.log.replication.factor=${brokers}`, `transaction.state.log.min.isr=${isr}`, 'transaction.state.log.num.partitions=4',
    `share.coordinator.state.topic.replication.factor=${brokers}`, `share.coordinator.state.topic.min.isr=${isr}`, `min.insync.replicas=${isr}`,
    'group.initial.rebalance.delay.ms=0', 'group.min.session.timeout.ms=500', 'broker.session.timeout.ms=3000', 'broker.heartbeat.interval.ms=500',
    // When a broker dies, writes to what others lead then wait for followers that pause for so long (1,000 by default).
    'replica.fetch.backoff.ms=100',
  ]
}

/** FindCoordinator of a group, version 3: answered without an error as soon as the broker has joined its cluster and made its own topics. */
async function answers(port: number): Promise<boolean> {
  const [size] = [4]
  const answer = await exchange(port, FIND_COORDINATOR, size + 16)
  return answer.readInt16BE(13) === 0
}

const KEY = 'statelog-services'

/** Header (api 10, version 3, correlation 1, client id null, no tags), key, type 0 (group), no tags. */
const FIND_COORDINATOR = ((): Buffer => {
  const body = Buffer.concat([Buffer.from([0, 10, 0, 3, 0, 0, 0, 1, 0xff, 0xff, 0]), Buffer.from([KEY.length + 1]), Buffer.from(KEY), Buffer.from([0, 0])])
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
})()

// Control: bare clients of one shape beside the runtime, one for each partition, and the reader that sees how long they cannot go on.
//
// Those of one topic are what the least of transactional clients can do. Twins write what a commit of W1 writes, a record into each of as many topics whose copies are where
// those of ours are, under a group and ids that the same brokers coordinate: what the brokers take for that is their own time.
//
// Owns: its topics, its reader, its clients.
import type { Admin } from 'kafkajs'
import type { Log } from '../../../system/ports/log.ts'
import { PARTITIONS } from '../w1/system.ts'
import { Bare } from './bare.ts'
import type { BarePlan } from './bare.ts'
import { Placement, WRITTEN } from './placement.ts'
import { Watch } from './watch.ts'

const BARE = 'bare'
const TWIN = 'twin'
const COPIES = 3

type Shape = Pick<BarePlan, 'topics' | 'group'> & { idOf(partition: number): string }

export class Control {
  readonly watch: Watch
  readonly #shape: Shape
  #clients: Bare[] = []

  private constructor(log: Log, shape: Shape) {
    this.#shape = shape
    this.watch = new Watch(log, shape.topics[0] ?? '', PARTITIONS)
  }

  static async bare(admin: Admin, log: Log): Promise<Control> {
    await admin.createTopics({ topics: [{ topic: BARE, numPartitions: PARTITIONS, replicationFactor: COPIES }] })
    return new Control(log, { topics: [BARE], group: BARE, idOf: (partition) => `${BARE}-${partition}` })
  }

  /** Of what has been at work before. */
  static async twins(admin: Admin, log: Log): Promise<Control> {
    const placement = await Placement.read(admin)
    const made = WRITTEN.map((topic) => ({ topic: `${TWIN}.${topic}`, replicaAssignment: placement.replicasOf(topic) }))
    await admin.createTopics({ topics: made })
    return new Control(log, { topics: made.map(({ topic }) => topic), group: placement.twinGroup(TWIN), idOf: (partition) => placement.twinId(TWIN, partition) })
  }

  start(ports: readonly number[], pauseMs: number): void {
    const { topics, group, idOf } = this.#shape
    this.#clients = Array.from({ length: PARTITIONS }, (_, partition) => new Bare({ ports, topics, partition, group, transactionalId: idOf(partition), pauseMs }))
    for (const client of this.#clients) client.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.stop()))
  }
}

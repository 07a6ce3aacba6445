// Asks brokers for offsets of partitions: the start, the end that readers of committed records see, the first at a time.
//
// Owns: the questions that wait. Those of one turn of the event loop go to each leader in one request.
import type { Cluster, Effort } from './cluster.ts'
import { listOffsetsV9 } from './record-requests.ts'
import { errorName } from './wire.ts'

export const LATEST = -1n
export const EARLIEST = -2n
const READ_COMMITTED = 1
const CONSUMER = -1
const USE = 'offsets'

interface Question {
  readonly topic: string
  readonly partition: number
  readonly timestamp: bigint
  readonly answer: (offset: number) => void
  readonly fail: (thrown: unknown) => void
}

class NoOffset extends TypeError {
  readonly apiId: string
  constructor(apiId: string, { topic, partition }: Question) {
    super(`no offset of partition ${partition} of ${topic}: ${apiId}`)
    this.apiId = apiId
  }
}

export class OffsetQueries {
  readonly #cluster: Cluster
  #waiting: Question[] = []

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** -1 when no record is that new. */
  ask(topic: string, partition: number, timestamp: bigint, effort: Effort): Promise<number> {
    const attempt = (): Promise<number> => new Promise((answer, fail) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#send())
      this.#waiting.push({ topic, partition, timestamp, answer, fail })
    })
    return this.#cluster.repeat(effort, { topics: [topic] }, attempt, () => this.#cluster.refresh([topic]).catch(() => undefined))
  }

  #send(): void {
    const questions = this.#waiting
    this.#waiting = []
    for (const [leader, asked] of Map.groupBy(questions, ({ topic, partition }) => this.#cluster.leaderOf(topic, partition))) {
      this.#askLeader(leader, asked).catch((thrown: unknown) => {
        for (const { fail } of asked) fail(thrown)
      })
    }
  }

  /** A request names a partition once: the same one with another time goes with the next. */
  async #askLeader(leader: number, asked: readonly Question[]): Promise<void> {
    const now = new Map<string, Question[]>()
    const later: Question[] = []
    for (const question of asked) {
      const same = now.get(`${question.topic}/${question.partition}`)
      if (same === undefined) now.set(`${question.topic}/${question.partition}`, [question])
      else if (same[0]?.timestamp === question.timestamp) same.push(question)
      else later.push(question)
    }
    const topics = [...Map.groupBy([...now.values()].flatMap(([first]) => first ?? []), ({ topic }) => topic)]
    const request = topics.map(([name, questions]) => ({ name, partitions: questions.map(({ partition, timestamp }) => ({ partitionIndex: partition, currentLeaderEpoch: -1, timestamp })) }))
    const connection = await this.#cluster.connectionTo(USE, leader)
    for (const { name, partitions } of (await listed(connection, request)).topics) {
      for (const { partitionIndex, errorCode, offset } of partitions) {
        for (const question of now.get(`${name}/${partitionIndex}`) ?? []) {
          if (errorCode === 0) question.answer(Number(offset))
          else question.fail(new NoOffset(errorName(errorCode), question))
        }
      }
    }
    // What the answer left out; those that have theirs are settled.
    for (const question of [...now.values()].flat()) question.fail(new NoOffset('UNKNOWN_TOPIC_OR_PARTITION', question))
    if (later.length > 0) await this.#askLeader(leader, later)
  }
}

type Listed = Awaited<ReturnType<typeof listOffsetsV9>>

/** One partition's failure makes the whole answer an error that carries it. */
async function listed(connection: Parameters<typeof listOffsetsV9>[0], request: Parameters<typeof listOffsetsV9>[3]): Promise<Listed> {
  try {
    return await listOffsetsV9(connection, CONSUMER, READ_COMMITTED, request)
  } catch (thrown) {
    const partial = (thrown as { readonly response?: Listed }).response
    if (partial?.topics === undefined) throw thrown
    return partial
  }
}

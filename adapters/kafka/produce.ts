// Sends record batches to the leaders of their partitions, the same bytes again where another broker leads meanwhile.
//
// Owns: who still has to take which batch. Idempotence is the broker's: a batch it has already is answered, not written again.
import type { Cluster, Effort } from './cluster.ts'
import type { Connection } from './connection.ts'
import { codeOf, isDoubtful, isTransport, retryOf } from './codes.ts'
import { produceV11 } from './record-requests.ts'
import { LeftOut } from './request.ts'
import { errorName } from './wire.ts'

export interface OutBatch {
  readonly topic: string
  readonly partition: number
  readonly bytes: Buffer
}

/** A leader refused a batch; nothing says that others of the same call were not written. */
export class Refused extends TypeError {
  readonly apiId: string
  readonly batch: OutBatch
  /** Indexes within the batch, where the leader names records. */
  readonly records: readonly number[]
  constructor(apiId: string, batch: OutBatch, reason: string, records: readonly number[]) {
    super(`partition ${batch.partition} of ${batch.topic} took no batch: ${reason}`)
    this.apiId = apiId
    this.batch = batch
    this.records = records
  }
}

const ALL_REPLICAS = -1
/** Less than a request may take, so that it is the leader who says it, also behind a commit of offsets, for which brokers wait 5 s. */
const REPLICAS_MS_MAX = 4000
/** The broker has it already. */
const DUPLICATE = 'DUPLICATE_SEQUENCE_NUMBER'

export type Sent =
  /** Offset of each batch's first record; -1 where the broker had the batch already and does not say. */
  | { readonly kind: 'taken'; readonly offsets: readonly number[] }
  /** `mayStand`: something of it was written, or may have been. `mayCome`: a batch that was not answered may be written yet. */
  | { readonly kind: 'failed'; readonly thrown: unknown; readonly mayStand: boolean; readonly mayCome: boolean }

interface Progress {
  readonly offsets: Map<OutBatch, number>
  /** A request with it had no answer. */
  readonly doubted: Set<OutBatch>
  mayStand: boolean
}

type Response = ReturnType<typeof produceV11.parseResponse>

export async function sendBatches(cluster: Cluster, use: string, transactionalId: string | null, batches: readonly OutBatch[], effort: Effort): Promise<Sent> {
  const progress: Progress = { offsets: new Map(), doubted: new Set(), mayStand: false }
  const { offsets, doubted } = progress
  const attempt = async (left: readonly OutBatch[]): Promise<void> => {
    // All of them, also when one is refused: what is still on its way would reach the log after the call was answered.
    const answers = await Promise.allSettled([...Map.groupBy(left, ({ topic, partition }) => cluster.leaderOf(topic, partition))].map(async ([leader, mine]) => {
      try {
        const connection = await cluster.connectionTo(use, leader)
        return taken(await send(connection, transactionalId, mine).catch((thrown: unknown) => unanswered(thrown, mine, progress)), mine, progress)
      } catch (thrown) {
        if (!isTransport(codeOf(thrown)) && retryOf(codeOf(thrown)) === 'no') throw thrown
        return thrown
      }
    }))
    const refused = answers.find((answer) => answer.status === 'rejected')
    if (refused !== undefined) throw refused.reason
    const failed = answers.flatMap((answer) => (answer.status === 'fulfilled' && answer.value !== undefined ? [answer.value] : []))
    if (failed.length > 0) throw failed[0]
  }
  const topics = [...new Set(batches.map(({ topic }) => topic))]
  try {
    await cluster.repeat(effort, { topics, operation: 'WRITE' }, () => attempt(batches.filter((batch) => !offsets.has(batch))), () => cluster.refresh(topics).catch(() => undefined))
  } catch (thrown) {
    return { kind: 'failed', thrown, mayStand: progress.mayStand || offsets.size > 0, mayCome: [...doubted].some((batch) => !offsets.has(batch)) }
  }
  return { kind: 'taken', offsets: batches.map((batch) => offsets.get(batch) ?? -1) }
}

function unanswered(thrown: unknown, batches: readonly OutBatch[], progress: Progress): never {
  const code = codeOf(thrown)
  progress.mayStand ||= isDoubtful(code)
  if (isTransport(code)) for (const batch of batches) progress.doubted.add(batch)
  throw thrown
}

/** Notes what was taken; answers the first failure that may heal. Throws one that does not. */
function taken(response: Response, batches: readonly OutBatch[], progress: Progress): unknown {
  const failures: (Refused | LeftOut)[] = []
  const unnamed = new Set(batches)
  for (const { name, partitionResponses } of response.responses) {
    for (const { index, errorCode, baseOffset, errorMessage, recordErrors } of partitionResponses) {
      const batch = batches.find(({ topic, partition }) => topic === name && partition === index)
      if (batch === undefined) continue
      unnamed.delete(batch)
      const code = errorName(errorCode)
      if (errorCode === 0 || code === DUPLICATE) progress.offsets.set(batch, errorCode === 0 ? Number(baseOffset) : -1)
      else failures.push(new Refused(code, batch, errorMessage ?? code, recordErrors.map(({ batchIndex }) => batchIndex)))
    }
  }
  for (const { topic, partition } of unnamed) failures.push(new LeftOut(`the answer says nothing of partition ${partition} of ${topic}`))
  progress.mayStand ||= failures.some(({ apiId }) => isDoubtful(apiId))
  const final = failures.find(({ apiId }) => retryOf(apiId) === 'no')
  if (final !== undefined) throw final
  return failures[0]
}

/** An error of one partition makes the whole answer an error that carries it. */
async function send(connection: Connection, transactionalId: string | null, batches: readonly OutBatch[]): Promise<Response> {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)].map(([name, partitions]) => ({ name, partitions }))
  try {
    return await produceV11(connection, transactionalId, ALL_REPLICAS, REPLICAS_MS_MAX, topics)
  } catch (thrown) {
    const { response } = thrown as { readonly response?: Response }
    if (response === undefined) throw thrown
    return response
  }
}

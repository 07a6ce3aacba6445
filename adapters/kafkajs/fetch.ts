// One fetch request of committed records, and what its answer holds of each partition, undecoded.
//
// kafkajs' own decoder is passed by: it throws away the order of headers, and where a batch ends that holds no record any more.
import { fetchRequest } from './internals.ts'
import type { Broker } from './internals.ts'

export interface WantedPart {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly bytesMax: number
}

export interface Aborted {
  readonly producerId: bigint
  readonly firstOffset: number
}

export interface FetchedPart {
  readonly topic: string
  readonly partition: number
  /** 0: none. */
  readonly errorCode: number
  /** The first offset that is kept; -1: not told. */
  readonly start: number
  /** Where what is committed ends. */
  readonly stableEnd: number
  readonly aborted: readonly Aborted[]
  readonly bytes: Buffer
}

export interface FetchWish {
  readonly parts: readonly WantedPart[]
  readonly waitMsMax: number
  readonly bytesMax: number
}

const ANSWER_MS_MAX = 10_000
const NOTHING = Buffer.alloc(0)

export async function fetchParts(broker: Broker, { parts, waitMsMax, bytesMax }: FetchWish): Promise<readonly FetchedPart[]> {
  const topics = [...Map.groupBy(parts, (part) => part.topic)].map(([topic, wanted]) => ({
    topic, partitions: wanted.map(({ partition, offset, bytesMax: maxBytes }) => ({ partition, fetchOffset: String(offset), maxBytes })),
  }))
  try {
    return await broker.connectionPool.send({
      request: fetchRequest({ replicaId: -1, maxWaitTime: waitMsMax, minBytes: 1, maxBytes: bytesMax, isolationLevel: 1, topics }),
      response: { decode: async (payload) => decode(payload), parse: async (found) => found },
      requestTimeout: waitMsMax + ANSWER_MS_MAX, logResponseError: false,
    })
  } catch (thrown) {
    // Else it is taken for connected, and never is again.
    if ((thrown as { readonly name?: string }).name === 'KafkaJSConnectionClosedError') await broker.disconnect()
    throw thrown
  }
}

/** Fetch response of version 10, by the Kafka protocol guide. */
function decode(payload: Buffer): readonly FetchedPart[] {
  const found: FetchedPart[] = []
  const cursor = { at: 4 }
  const errorCode = payload.readInt16BE(cursor.at)
  cursor.at += 6
  for (let topics = int32(payload, cursor); topics > 0; topics -= 1) {
    const length = payload.readInt16BE(cursor.at)
    const topic = payload.toString('utf8', cursor.at + 2, cursor.at + 2 + length)
    cursor.at += 2 + length
    for (let parts = int32(payload, cursor); parts > 0; parts -= 1) found.push(decodePart(payload, cursor, topic, errorCode))
  }
  return found
}

function decodePart(payload: Buffer, cursor: { at: number }, topic: string, errorCode: number): FetchedPart {
  const partition = int32(payload, cursor)
  const partError = payload.readInt16BE(cursor.at)
  // The high watermark is passed over.
  const stableEnd = Number(payload.readBigInt64BE(cursor.at + 10))
  const start = Number(payload.readBigInt64BE(cursor.at + 18))
  cursor.at += 26
  const aborted: Aborted[] = []
  for (let count = int32(payload, cursor); count > 0; count -= 1) {
    aborted.push({ producerId: payload.readBigInt64BE(cursor.at), firstOffset: Number(payload.readBigInt64BE(cursor.at + 8)) })
    cursor.at += 16
  }
  const length = int32(payload, cursor)
  const bytes = length <= 0 ? NOTHING : payload.subarray(cursor.at, cursor.at + length)
  cursor.at += Math.max(0, length)
  return { topic, partition, errorCode: errorCode === 0 ? partError : errorCode, start, stableEnd, aborted, bytes }
}

function int32(payload: Buffer, cursor: { at: number }): number {
  const value = payload.readInt32BE(cursor.at)
  cursor.at += 4
  return value
}

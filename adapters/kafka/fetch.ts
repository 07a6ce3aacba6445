// One Fetch request: pieces of partitions that one broker leads, as raw bytes.
import type { Connection } from './connection.ts'
import type { Aborted } from './record-set.ts'
import { fetchV16 } from './wire.ts'
import type { Reader } from './wire.ts'

export interface FetchPart {
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly bytesMax: number
}

export interface FetchRequest {
  readonly parts: readonly FetchPart[]
  readonly waitMsMax: number
  readonly bytesMax: number
}

export interface FetchedPart {
  readonly topicId: string
  readonly partition: number
  readonly errorCode: number
  /** Where readers of committed records stop. */
  readonly stableEnd: number
  readonly start: number
  readonly aborted: readonly Aborted[]
  readonly bytes: Buffer
}

export interface Fetched {
  readonly errorCode: number
  readonly parts: readonly FetchedPart[]
}

const FETCH = 1
const VERSION = 16
const READ_COMMITTED = 1
const NO_EPOCH = -1
const EMPTY = Buffer.alloc(0)

export function fetchParts(connection: Connection, request: FetchRequest): Promise<Fetched> {
  const topics = new Map<string, { readonly topicId: string; readonly partitions: { partition: number; currentLeaderEpoch: number; fetchOffset: bigint; lastFetchedEpoch: number; partitionMaxBytes: number }[] }>()
  for (const { topicId, partition, offset, bytesMax } of request.parts) {
    const topic = topics.get(topicId) ?? { topicId, partitions: [] }
    topics.set(topicId, topic)
    topic.partitions.push({ partition, currentLeaderEpoch: NO_EPOCH, fetchOffset: BigInt(offset), lastFetchedEpoch: NO_EPOCH, partitionMaxBytes: bytesMax })
  }
  return new Promise((resolve, reject) => {
    const createPayload = (): ReturnType<typeof fetchV16.createRequest> => fetchV16.createRequest(request.waitMsMax, 1, request.bytesMax, READ_COMMITTED, 0, -1, [...topics.values()], [], '')
    connection.send(FETCH, VERSION, createPayload, parse, true, true, (error, fetched) => (error === null && fetched !== undefined ? resolve(fetched) : reject(error)))
  })
}

function parse(_correlation: number, _key: number, _version: number, reader: Reader): Fetched {
  reader.readInt32()
  const errorCode = reader.readInt16()
  reader.readInt32()
  const parts: FetchedPart[] = []
  reader.readArray((topic) => {
    const topicId = topic.readUUID()
    topic.readArray((part) => {
      parts.push(parsePart(topicId, part))
      return undefined
    }, true, true)
    return undefined
  })
  reader.readTaggedFields()
  return { errorCode, parts }
}

function parsePart(topicId: string, reader: Reader): FetchedPart {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  reader.readInt64()
  const stableEnd = Number(reader.readInt64())
  const start = Number(reader.readInt64())
  const aborted = reader.readNullableArray((each) => ({ producerId: each.readInt64(), firstOffset: Number(each.readInt64()) })) ?? []
  reader.readInt32()
  const size = Math.max(0, reader.readUnsignedVarInt() - 1)
  const bytes = size === 0 ? EMPTY : reader.buffer.slice(reader.position, reader.position + size)
  reader.skip(size)
  return { topicId, partition, errorCode, stableEnd, start, aborted, bytes }
}

// One Fetch request: pieces of partitions that one broker leads, as raw bytes.
import type { Connection } from './connection.ts'
import type { Aborted } from './record-set.ts'
import { request } from './request.ts'
import type { Reader } from './reader.ts'

export interface FetchPart {
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly bytesMax: number
  /** Of its leader as it is known. Whoever follows would answer with what it has heard of, and not say that another one leads. */
  readonly leaderEpoch: number
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

const READ_COMMITTED = 1
const BYTES_MIN = 1
/** Neither of a session, nor of what was fetched last. */
const NO_EPOCH = -1
const NO_SESSION = 0
const NOT_FOLLOWER = -1n
const EMPTY = Buffer.alloc(0)
/** How many times its own bytes a piece may keep; an answer that is small as a whole is always kept. */
const KEPT_TIMES_MAX = 16
const SMALL_BYTES = 64 * 1024

interface FetchedTopic {
  readonly topicId: string
  readonly partitions: readonly FetchPart[]
}

/** The bytes of batches are shown where they stand in the answer, or copied where they are few. Errors of partitions are part of it. Source: the protocol guide, Fetch version 16. */
export const fetchV16 = request('Fetch', 1, 16, (writer, waitMsMax: number, bytesMax: number, topics: readonly FetchedTopic[]) => {
  writer.appendInt32(waitMsMax).appendInt32(BYTES_MIN).appendInt32(bytesMax).appendInt8(READ_COMMITTED).appendInt32(NO_SESSION).appendInt32(NO_EPOCH)
    .appendArray(topics, (topic, { topicId, partitions }) => topic.appendUuid(topicId).appendArray(partitions, (part, { partition, offset, bytesMax: partBytesMax, leaderEpoch }) => {
      part.appendInt32(partition).appendInt32(leaderEpoch).appendInt64(BigInt(offset)).appendInt32(NO_EPOCH).appendInt64(NOT_FOLLOWER).appendInt32(partBytesMax)
    }))
    // Nothing is forgotten where there is no session; no rack.
    .appendItems([], () => undefined).appendString('')
}, (reader): Fetched => {
  reader.readInt32()
  const errorCode = reader.readInt16()
  reader.readInt32()
  const parts = reader.readArray((topic) => {
    const topicId = topic.readUuid()
    return topic.readArray((part) => partOf(topicId, part))
  })
  return { errorCode, parts: parts.flat() }
})

export function fetchParts(connection: Connection, { parts, waitMsMax, bytesMax }: FetchRequest): Promise<Fetched> {
  return fetchV16(connection, waitMsMax, bytesMax, [...Map.groupBy(parts, ({ topicId }) => topicId)].map(([topicId, partitions]) => ({ topicId, partitions })))
}

function partOf(topicId: string, reader: Reader): FetchedPart {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  reader.readInt64()
  const stableEnd = Number(reader.readInt64())
  const start = Number(reader.readInt64())
  const aborted = reader.readArray((each) => ({ producerId: each.readInt64(), firstOffset: Number(each.readInt64()) }))
  reader.readInt32()
  const size = reader.readUnsignedVarInt() - 1
  return { topicId, partition, errorCode, stableEnd, start, aborted, bytes: size <= 0 ? EMPTY : alone(reader.read(size)) }
}

/** In place, but for a small part of a large answer: it waits for its reader, and would keep all the answer meanwhile (I9). */
function alone(piece: Buffer): Buffer {
  const { byteLength } = piece.buffer
  if (byteLength <= SMALL_BYTES || KEPT_TIMES_MAX * piece.length >= byteLength) return piece
  const copy = Buffer.allocUnsafeSlow(piece.length)
  piece.copy(copy)
  return copy
}

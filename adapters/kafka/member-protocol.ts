// What members of a group tell the one that assigns, and what it tells them. Source: ConsumerProtocolSubscription and ConsumerProtocolAssignment of the protocol guide.
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

export interface Subscription {
  readonly topics: readonly string[]
  readonly userData: Buffer
  readonly ownedPartitions: readonly TopicPartitions[]
}

export interface Assignment {
  readonly assignedPartitions: readonly TopicPartitions[]
  readonly userData: Buffer
}

/** The first that tells what a member has. */
const SUBSCRIPTION_VERSION = 1
const ASSIGNMENT_VERSION = 0
const NONE: Assignment = { assignedPartitions: [], userData: Buffer.alloc(0) }

export function encodeSubscription({ topics, userData, ownedPartitions }: Subscription): Buffer {
  const writer = Writer.create().appendInt16(SUBSCRIPTION_VERSION).appendItems([...topics].sort(), (each, topic) => each.appendString(topic, false), false).appendBytes(userData, false)
  return appendPartitions(writer, ownedPartitions).buffer
}

/** Of every version: what newer ones add stands behind. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = Reader.from(bytes)
  const version = reader.readInt16()
  const topics = reader.readItems((each) => each.readString(false), false)
  const userData = reader.readBytes(false)
  return { topics, userData, ownedPartitions: version >= SUBSCRIPTION_VERSION && reader.remaining > 0 ? readPartitions(reader) : [] }
}

export function encodeAssignment({ assignedPartitions, userData }: Assignment): Buffer {
  return appendPartitions(Writer.create().appendInt16(ASSIGNMENT_VERSION), assignedPartitions).appendBytes(userData, false).buffer
}

/** Who is assigned nothing may get nothing at all. */
export function decodeAssignment(bytes: Buffer): Assignment {
  if (bytes.length === 0) return NONE
  const reader = Reader.from(bytes)
  reader.readInt16()
  if (reader.remaining === 0) return NONE
  const assignedPartitions = readPartitions(reader)
  return { assignedPartitions, userData: reader.remaining > 0 ? reader.readBytes(false) : NONE.userData }
}

/** By topic and number, those without any left out: equal sets have equal bytes. */
function appendPartitions(writer: Writer, all: readonly TopicPartitions[]): Writer {
  const sorted = all.filter(({ partitions }) => partitions.length > 0).toSorted((one, other) => (one.topic < other.topic ? -1 : 1))
  return writer.appendItems(sorted, (each, { topic, partitions }) => each.appendString(topic, false).appendItems(partitions.toSorted((one, other) => one - other), (item, partition) => item.appendInt32(partition), false), false)
}

function readPartitions(reader: Reader): TopicPartitions[] {
  return reader.readItems((each) => ({ topic: each.readString(false), partitions: each.readItems((item) => item.readInt32(), false) }), false)
}

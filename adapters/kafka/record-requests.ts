// Requests about records: writing batches, and which offsets there are; `fetch.ts` reads them. Source: the protocol guide, the schema of each request in its version.
import { request } from './request.ts'

export interface ProducedTopic {
  readonly name: string
  readonly partitions: readonly { readonly partition: number; readonly bytes: Buffer }[]
}

export const produceV11 = request('Produce', 0, 11, (writer, transactionalId: string | null, acks: number, timeoutMs: number, topics: readonly ProducedTopic[]) => {
  writer.appendString(transactionalId).appendInt16(acks).appendInt32(timeoutMs)
    .appendArray(topics, (topic, { name, partitions }) => topic.appendString(name).appendArray(partitions, (part, { partition, bytes }) => part.appendInt32(partition).appendBytes(bytes)))
}, (reader, check) => {
  const responses = reader.readArray((topic) => ({
    name: topic.readString(),
    partitionResponses: topic.readArray((part) => {
      const index = part.readInt32()
      const errorCode = part.readInt16()
      const baseOffset = part.readInt64()
      part.skip(8 + 8)
      const recordErrors = part.readArray((each) => {
        const error = { batchIndex: each.readInt32() }
        each.readNullableString()
        return error
      })
      const errorMessage = part.readNullableString()
      check(errorCode, errorMessage)
      return { index, errorCode, baseOffset, recordErrors, errorMessage }
    }),
  }))
  reader.readInt32()
  return { responses }
})

export interface ListedTopic {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number; readonly currentLeaderEpoch: number; readonly timestamp: bigint }[]
}

export const listOffsetsV9 = request('ListOffsets', 2, 9, (writer, replica: number, isolationLevel: number, topics: readonly ListedTopic[]) => {
  writer.appendInt32(replica).appendInt8(isolationLevel)
    .appendArray(topics, (topic, { name, partitions }) => topic.appendString(name)
      .appendArray(partitions, (part, { partitionIndex, currentLeaderEpoch, timestamp }) => part.appendInt32(partitionIndex).appendInt32(currentLeaderEpoch).appendInt64(timestamp)))
}, (reader, check) => {
  reader.readInt32()
  return {
    topics: reader.readArray((topic) => ({
      name: topic.readString(),
      partitions: topic.readArray((part) => {
        const partitionIndex = part.readInt32()
        const errorCode = check(part.readInt16())
        part.readInt64()
        const offset = part.readInt64()
        part.readInt32()
        return { partitionIndex, errorCode, offset }
      }),
    })),
  }
})

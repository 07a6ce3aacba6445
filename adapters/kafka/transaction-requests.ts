// Requests about transactions. Source: the protocol guide, the schema of each request in its version.
import type { Reader } from './reader.ts'
import { errorAlone, request } from './request.ts'
import type { Check } from './request.ts'

export const initProducerIdV4 = request('InitProducerId', 22, 4, (writer, transactionalId: string | null, timeoutMs: number, producerId: bigint, producerEpoch: number) => {
  writer.appendString(transactionalId).appendInt32(timeoutMs).appendInt64(producerId).appendInt16(producerEpoch)
}, (reader, check) => {
  errorAlone(reader, check)
  return { producerId: reader.readInt64(), producerEpoch: reader.readInt16() }
})

export const addPartitionsToTxnV3 = request('AddPartitionsToTxn', 24, 3, (writer, transactionalId: string, producerId: bigint, producerEpoch: number, topics: readonly { readonly name: string; readonly partitions: readonly number[] }[]) => {
  writer.appendString(transactionalId).appendInt64(producerId).appendInt16(producerEpoch)
    .appendArray(topics, (topic, { name, partitions }) => topic.appendString(name).appendItems(partitions, (each, partition) => each.appendInt32(partition)))
}, errorOfEachPartition)

export const addOffsetsToTxnV3 = request('AddOffsetsToTxn', 25, 3, (writer, transactionalId: string, producerId: bigint, producerEpoch: number, groupId: string) => {
  writer.appendString(transactionalId).appendInt64(producerId).appendInt16(producerEpoch).appendString(groupId)
}, errorAlone)

export interface OffsetsOfTopic {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number; readonly committedOffset: bigint; readonly committedLeaderEpoch: number; readonly committedMetadata: string | null }[]
}

export const txnOffsetCommitV3 = request('TxnOffsetCommit', 28, 3, (writer, transactionalId: string, groupId: string, producerId: bigint, producerEpoch: number, generationId: number, memberId: string, groupInstanceId: string | null, topics: readonly OffsetsOfTopic[]) => {
  writer.appendString(transactionalId).appendString(groupId).appendInt64(producerId).appendInt16(producerEpoch).appendInt32(generationId).appendString(memberId).appendString(groupInstanceId)
    .appendArray(topics, (topic, { name, partitions }) => topic.appendString(name)
      .appendArray(partitions, (part, { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => part.appendInt32(partitionIndex).appendInt64(committedOffset).appendInt32(committedLeaderEpoch).appendString(committedMetadata)))
}, errorOfEachPartition)

export const endTxnV3 = request('EndTxn', 26, 3, (writer, transactionalId: string, producerId: bigint, producerEpoch: number, committed: boolean) => {
  writer.appendString(transactionalId).appendInt64(producerId).appendInt16(producerEpoch).appendBoolean(committed)
}, errorAlone)

export const describeTransactionsV0 = request('DescribeTransactions', 65, 0, (writer, transactionalIds: readonly string[]) => {
  writer.appendItems(transactionalIds, (each, transactionalId) => each.appendString(transactionalId))
}, (reader, check) => {
  reader.readInt32()
  return {
    transactionStates: reader.readArray((each) => {
      check(each.readInt16())
      const named = { transactionalId: each.readString(), transactionState: each.readString() }
      each.skip(4 + 8)
      const producer = { producerId: each.readInt64(), producerEpoch: each.readInt16() }
      each.readArray((topic) => {
        topic.readString()
        topic.readItems((partition) => partition.readInt32())
      })
      return { ...named, ...producer }
    }),
  }
})

/** How many partitions it is about. */
function errorOfEachPartition(reader: Reader, check: Check): number {
  reader.readInt32()
  return reader.readArray((topic) => {
    topic.readString()
    return topic.readArray((part) => {
      part.readInt32()
      return check(part.readInt16())
    }).length
  }).reduce((sum, count) => sum + count, 0)
}

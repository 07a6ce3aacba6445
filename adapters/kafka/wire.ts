// The low-level layer of @platformatic/kafka: the only file that imports it.
//
// Owns: which requests, and in which versions, this driver speaks. `test/unit/adapters/kafka/wire.test.ts` fails when an upgrade changes one that is used.
import {
  Connection, Reader, ResponseError, TimeoutError, Writer, addOffsetsToTxnV3, addPartitionsToTxnV3, compressionsAlgorithmsByBitmask, crc32c as plainCrc32c, createTopicsV7,
  decodeConsumerProtocolAssignment, decodeConsumerProtocolSubscription, deleteTopicsV6, describeConfigsV4, encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription, endTxnV3, fetchV16, findCoordinatorV6, heartbeatV4, initProducerIdV4, joinGroupV9, leaveGroupV5, listOffsetsV9,
  metadataV12, offsetFetchV9, produceV11, protocolErrorsCodesById, syncGroupV5, txnOffsetCommitV3,
} from '@platformatic/kafka'

export {
  Connection, Reader, ResponseError, TimeoutError, Writer, addOffsetsToTxnV3, addPartitionsToTxnV3, compressionsAlgorithmsByBitmask, createTopicsV7,
  decodeConsumerProtocolAssignment, decodeConsumerProtocolSubscription, deleteTopicsV6, describeConfigsV4, encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription, endTxnV3, fetchV16, findCoordinatorV6, heartbeatV4, initProducerIdV4, joinGroupV9, leaveGroupV5, listOffsetsV9,
  metadataV12, offsetFetchV9, produceV11, syncGroupV5, txnOffsetCommitV3,
}
export type { ConnectionOptions, SASLOptions } from '@platformatic/kafka'

/** The protocol's name of an error number. */
export const errorName = (code: number): string => protocolErrorsCodesById[code] ?? `ERROR_${code}`

/** The checksum of record batches, native where the client has found it. */
export const crc32c = (bytes: Buffer): number => plainCrc32c(bytes)

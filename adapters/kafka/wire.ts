// The low-level layer of @platformatic/kafka: the only file that imports it.
//
// Owns: which requests, and in which versions, this driver speaks. `test/services/kafka-wire.test.ts` fails when an upgrade changes one that is used.
import { createRequire } from 'node:module'
import {
  Connection, Reader, ResponseError, TimeoutError, Writer, addOffsetsToTxnV3, addPartitionsToTxnV3, compressionsAlgorithmsByBitmask, crc32c as slowCrc32c, createTopicsV7,
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

type Crc32c = (bytes: Uint8Array) => number

/** The checksum of record batches. The native one is a hundred times faster than what the client brings for platforms that have none. */
export const crc32c: Crc32c = nativeCrc32c() ?? ((bytes) => slowCrc32c(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)))

function nativeCrc32c(): Crc32c | undefined {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('@platformatic/kafka'))
    return (require('@node-rs/crc32') as { readonly crc32c: Crc32c }).crc32c
  } catch {
    return undefined
  }
}

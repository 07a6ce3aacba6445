// The low-level layer of @platformatic/kafka: the only file that imports it.
//
// Owns: which requests, and in which versions, this driver speaks. `test/unit/adapters/kafka/wire.test.ts` fails when an upgrade changes one that is used.
//
// W1. Its clients and schema registries are not loaded: that would take as long as everything else of it, in each start. The package exports these files only
//     all together, so they are named by their place.
type Kafka = typeof import('@platformatic/kafka')

const ENTRY = import.meta.resolve('@platformatic/kafka')
const part = (path: string): Promise<Kafka> => import(new URL(path, ENTRY).href) as Promise<Kafka>

const [network, apis, protocol, consumerProtocol, errors] = await Promise.all([
  'network/connection.js', 'apis/index.js', 'protocol/index.js', 'clients/consumer/consumer-protocol.js', 'errors.js',
].map(part)) as [Kafka, Kafka, Kafka, Kafka, Kafka]

export const { Connection } = network
export type Connection = InstanceType<Kafka['Connection']>

export const {
  addOffsetsToTxnV3, addPartitionsToTxnV3, createTopicsV7, deleteTopicsV6, describeConfigsV4, endTxnV3, fetchV16, findCoordinatorV6, heartbeatV4,
  initProducerIdV4, joinGroupV9, leaveGroupV5, listOffsetsV9, metadataV12, offsetFetchV9, produceV11, syncGroupV5, txnOffsetCommitV3,
} = apis

export const { Reader, Writer, compressionsAlgorithmsByBitmask } = protocol
export type Reader = InstanceType<Kafka['Reader']>
export type Writer = InstanceType<Kafka['Writer']>

export const {
  decodeConsumerProtocolAssignment, decodeConsumerProtocolSubscription, encodeConsumerProtocolAssignment, encodeConsumerProtocolSubscription,
} = consumerProtocol

export const { ResponseError, TimeoutError } = errors
export type { ConnectionOptions, SASLOptions } from '@platformatic/kafka'

/** The protocol's name of an error number. */
export const errorName = (code: number): string => errors.protocolErrorsCodesById[code] ?? `ERROR_${code}`

/** The checksum of record batches, native where the client has found it. */
export const crc32c = (bytes: Buffer): number => protocol.crc32c(bytes)

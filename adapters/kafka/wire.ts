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

export const Connection: Kafka['Connection'] = network.Connection
export type Connection = InstanceType<Kafka['Connection']>

export const addOffsetsToTxnV3: Kafka['addOffsetsToTxnV3'] = apis.addOffsetsToTxnV3
export const addPartitionsToTxnV3: Kafka['addPartitionsToTxnV3'] = apis.addPartitionsToTxnV3
export const createTopicsV7: Kafka['createTopicsV7'] = apis.createTopicsV7
export const deleteTopicsV6: Kafka['deleteTopicsV6'] = apis.deleteTopicsV6
export const describeConfigsV4: Kafka['describeConfigsV4'] = apis.describeConfigsV4
export const endTxnV3: Kafka['endTxnV3'] = apis.endTxnV3
export const fetchV16: Kafka['fetchV16'] = apis.fetchV16
export const findCoordinatorV6: Kafka['findCoordinatorV6'] = apis.findCoordinatorV6
export const heartbeatV4: Kafka['heartbeatV4'] = apis.heartbeatV4
export const initProducerIdV4: Kafka['initProducerIdV4'] = apis.initProducerIdV4
export const joinGroupV9: Kafka['joinGroupV9'] = apis.joinGroupV9
export const leaveGroupV5: Kafka['leaveGroupV5'] = apis.leaveGroupV5
export const listOffsetsV9: Kafka['listOffsetsV9'] = apis.listOffsetsV9
export const metadataV12: Kafka['metadataV12'] = apis.metadataV12
export const offsetFetchV9: Kafka['offsetFetchV9'] = apis.offsetFetchV9
export const produceV11: Kafka['produceV11'] = apis.produceV11
export const syncGroupV5: Kafka['syncGroupV5'] = apis.syncGroupV5
export const txnOffsetCommitV3: Kafka['txnOffsetCommitV3'] = apis.txnOffsetCommitV3

export const Reader: Kafka['Reader'] = protocol.Reader
export const Writer: Kafka['Writer'] = protocol.Writer
export const compressionsAlgorithmsByBitmask: Kafka['compressionsAlgorithmsByBitmask'] = protocol.compressionsAlgorithmsByBitmask
export type Reader = InstanceType<Kafka['Reader']>
export type Writer = InstanceType<Kafka['Writer']>

export const decodeConsumerProtocolAssignment: Kafka['decodeConsumerProtocolAssignment'] = consumerProtocol.decodeConsumerProtocolAssignment
export const decodeConsumerProtocolSubscription: Kafka['decodeConsumerProtocolSubscription'] = consumerProtocol.decodeConsumerProtocolSubscription
export const encodeConsumerProtocolAssignment: Kafka['encodeConsumerProtocolAssignment'] = consumerProtocol.encodeConsumerProtocolAssignment
export const encodeConsumerProtocolSubscription: Kafka['encodeConsumerProtocolSubscription'] = consumerProtocol.encodeConsumerProtocolSubscription

export const ResponseError: Kafka['ResponseError'] = errors.ResponseError
export const TimeoutError: Kafka['TimeoutError'] = errors.TimeoutError
export type { ConnectionOptions, SASLOptions } from '@platformatic/kafka'

/** The protocol's name of an error number. */
export const errorName = (code: number): string => errors.protocolErrorsCodesById[code] ?? `ERROR_${code}`

/** The checksum of record batches, native where the client has found it. */
export const crc32c = (bytes: Buffer): number => protocol.crc32c(bytes)

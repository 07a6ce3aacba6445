// The encodings of @platformatic/kafka: the only file that imports it.
//
// Owns: which requests, and in which versions, this driver speaks. `test/unit/adapters/kafka/wire.test.ts` fails when an upgrade changes one that is used.
//
// W1. Its clients, connections and schema registries, and the requests that are not used, are not loaded: that would take as long as everything else in each
//     start. The package exports these files only all together, so they are named by their place.
import type { Connection } from './connection.ts'

type Kafka = typeof import('@platformatic/kafka')

const ENTRY = import.meta.resolve('@platformatic/kafka')
const part = (path: string): Promise<Kafka> => import(new URL(path, ENTRY).href) as Promise<Kafka>

/** A request of the package, over a connection of ours. */
interface Request<Args extends readonly unknown[], Answer, Create, Parse> {
  readonly api: { readonly async: (connection: Pick<Connection, 'send'>, ...args: Args) => Promise<Answer>; readonly key: number; readonly version: number }
  readonly createRequest: Create
  readonly parseResponse: Parse
}

type Ours<Theirs> = Theirs extends { readonly api: { readonly async: (connection: never, ...args: infer Args) => Promise<infer Answer> }; readonly createRequest: infer Create; readonly parseResponse: infer Parse }
  ? Request<Args, Answer, Create, Parse>
  : never

const request = async <Name extends keyof Kafka>(_name: Name, path: string): Promise<Ours<Kafka[Name]>> => (await part(`apis/${path}.js`)) as unknown as Ours<Kafka[Name]>

export const addOffsetsToTxnV3 = await request('addOffsetsToTxnV3', 'producer/add-offsets-to-txn-v3')
export const addPartitionsToTxnV3 = await request('addPartitionsToTxnV3', 'producer/add-partitions-to-txn-v3')
export const createTopicsV7 = await request('createTopicsV7', 'admin/create-topics-v7')
export const deleteTopicsV6 = await request('deleteTopicsV6', 'admin/delete-topics-v6')
export const describeConfigsV4 = await request('describeConfigsV4', 'admin/describe-configs-v4')
export const endTxnV3 = await request('endTxnV3', 'producer/end-txn-v3')
export const fetchV16 = await request('fetchV16', 'consumer/fetch-v16')
export const findCoordinatorV6 = await request('findCoordinatorV6', 'metadata/find-coordinator-v6')
export const heartbeatV4 = await request('heartbeatV4', 'consumer/heartbeat-v4')
export const initProducerIdV4 = await request('initProducerIdV4', 'producer/init-producer-id-v4')
export const joinGroupV9 = await request('joinGroupV9', 'consumer/join-group-v9')
export const leaveGroupV5 = await request('leaveGroupV5', 'consumer/leave-group-v5')
export const listOffsetsV9 = await request('listOffsetsV9', 'consumer/list-offsets-v9')
export const metadataV12 = await request('metadataV12', 'metadata/metadata-v12')
export const offsetFetchV9 = await request('offsetFetchV9', 'consumer/offset-fetch-v9')
export const produceV11 = await request('produceV11', 'producer/produce-v11')
export const syncGroupV5 = await request('syncGroupV5', 'consumer/sync-group-v5')
export const txnOffsetCommitV3 = await request('txnOffsetCommitV3', 'producer/txn-offset-commit-v3')

const [reading, writing, compression, checksum, consumerProtocol, errors, errorNames] = await Promise.all([
  'protocol/reader.js', 'protocol/writer.js', 'protocol/compression.js', 'protocol/crc32c.js', 'clients/consumer/consumer-protocol.js', 'errors.js', 'protocol/errors.js',
].map(part)) as [Kafka, Kafka, Kafka, Kafka, Kafka, Kafka, Kafka]

export const Reader: Kafka['Reader'] = reading.Reader
export const Writer: Kafka['Writer'] = writing.Writer
export const compressionsAlgorithmsByBitmask: Kafka['compressionsAlgorithmsByBitmask'] = compression.compressionsAlgorithmsByBitmask
export type Reader = InstanceType<Kafka['Reader']>
export type Writer = InstanceType<Kafka['Writer']>

export const decodeConsumerProtocolAssignment: Kafka['decodeConsumerProtocolAssignment'] = consumerProtocol.decodeConsumerProtocolAssignment
export const decodeConsumerProtocolSubscription: Kafka['decodeConsumerProtocolSubscription'] = consumerProtocol.decodeConsumerProtocolSubscription
export const encodeConsumerProtocolAssignment: Kafka['encodeConsumerProtocolAssignment'] = consumerProtocol.encodeConsumerProtocolAssignment
export const encodeConsumerProtocolSubscription: Kafka['encodeConsumerProtocolSubscription'] = consumerProtocol.encodeConsumerProtocolSubscription

export const ResponseError: Kafka['ResponseError'] = errors.ResponseError

/** The protocol's name of an error number. */
export const errorName = (code: number): string => errorNames.protocolErrorsCodesById[code] ?? `ERROR_${code}`

/** The checksum of record batches, native where the client has found it. */
export const crc32c = (bytes: Buffer): number => checksum.crc32c(bytes)

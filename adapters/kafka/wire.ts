// What is taken of @platformatic/kafka: names of errors, compression and checksums. The only file that imports it.
//
// W1. Its clients, connections and requests are not loaded: in each start that would take as long as everything else. The package exports these files only all
//     together, so they are named by their place. `test/unit/adapters/kafka/wire.test.ts` compares the requests of this driver with those of the package.
type Kafka = typeof import('@platformatic/kafka')

const ENTRY = import.meta.resolve('@platformatic/kafka')
const part = (path: string): Promise<Kafka> => import(new URL(path, ENTRY).href) as Promise<Kafka>

const [compression, checksum, errors] = await Promise.all(['protocol/compression.js', 'protocol/crc32c.js', 'protocol/errors.js'].map(part)) as [Kafka, Kafka, Kafka]

export const compressionsAlgorithmsByBitmask: Kafka['compressionsAlgorithmsByBitmask'] = compression.compressionsAlgorithmsByBitmask

/** The protocol's name of an error number. */
export const errorName = (code: number): string => errors.protocolErrorsCodesById[code] ?? `ERROR_${code}`

/** The checksum of record batches, native where the client has found it. */
export const crc32c = (bytes: Buffer): number => checksum.crc32c(bytes)

// What is taken of @platformatic/kafka: names of errors, compression and checksums. The only file that imports it.
//
// W1. Its clients, connections and requests are not loaded: in each start that would take as long as everything else. The package exports its files only all
//     together, so they are named by their place. `test/unit/adapters/kafka/requests.test.ts` compares the requests of this driver with those of the package.
// W2. What few need, or not at once, is loaded when it is needed.
import { createRequire } from 'node:module'

type Kafka = typeof import('@platformatic/kafka')

const ENTRY = import.meta.resolve('@platformatic/kafka')
const { protocolErrorsCodesById } = await import(new URL('protocol/errors.js', ENTRY).href) as Kafka

/** As the package itself would load it. */
const load = createRequire(ENTRY)

/** The protocol's name of an error number. */
export const errorName = (code: number): string => protocolErrorsCodesById[code] ?? `ERROR_${code}`

/** Undefined: there is no compression of that number. */
export function decompressed(bytes: Buffer, compression: number): Buffer | undefined {
  const { compressionsAlgorithmsByBitmask } = load('./protocol/compression.js') as Kafka
  const algorithm = compressionsAlgorithmsByBitmask[String(compression)]
  return algorithm === undefined ? undefined : Buffer.from(algorithm.decompressSync(bytes))
}

let checksum: ((bytes: Buffer) => number) | undefined

/** The checksum of record batches, native where it is installed. */
export const crc32c = (bytes: Buffer): number => (checksum ??= fastest())(bytes)

function fastest(): (bytes: Buffer) => number {
  try {
    // Not by way of the client, which copies what it sums.
    return (load('@node-rs/crc32') as { readonly crc32c: (bytes: Buffer) => number }).crc32c
  } catch {
    return (load('./protocol/crc32c.js') as Kafka).crc32c
  }
}

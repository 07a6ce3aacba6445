// Which partition a key belongs to: murmur2 as Kafka's own producers compute it.
//
// Owns: the hash and the partition. Whoever else writes to a source topic must agree with it bit for bit, or events of
// one entity reach two owners (I3, I7).

const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/** The 32-bit hash of the key, signed as in Java. Source: Austin Appleby's MurmurHash2 with Kafka's seed. */
export function murmur2(key: Uint8Array): number {
  const length = key.length
  const whole = length & ~3
  let h = SEED ^ length
  for (let i = 0; i < whole; i += 4) {
    let k = (key[i] as number) | (key[i + 1] as number) << 8 | (key[i + 2] as number) << 16 | (key[i + 3] as number) << 24
    k = Math.imul(k, MULTIPLIER)
    k ^= k >>> 24
    h = Math.imul(h, MULTIPLIER) ^ Math.imul(k, MULTIPLIER)
  }
  if (length > whole) {
    let rest = key[whole] as number
    if (length > whole + 1) rest |= (key[whole + 1] as number) << 8
    if (length > whole + 2) rest |= (key[whole + 2] as number) << 16
    h = Math.imul(h ^ rest, MULTIPLIER)
  }
  h = Math.imul(h ^ (h >>> 13), MULTIPLIER)
  return h ^ (h >>> 15)
}

/** The partition of a key among `partitions` (at least 1), as Kafka's default partitioner chooses it. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

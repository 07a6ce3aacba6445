// Rate: how often one caller may ask: a bucket of tokens for each address, filled again as time goes on.
//
// V1. At most ADDRESSES_MAX buckets are kept; the one that was made first goes, so that many addresses cost no memory. Whose bucket goes begins with a full one.
const ADDRESSES_MAX = 10_000

interface Bucket {
  tokens: number
  atMs: number
}

export class Rate {
  readonly #perSecond: number
  readonly #buckets = new Map<string, Bucket>()

  /** A bucket holds the requests of one second. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Takes one. Seconds until there is one again; undefined: there was. */
  take(address: string, nowMs: number): number | undefined {
    const bucket = this.#bucketOf(address, nowMs)
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * this.#perSecond)
    bucket.atMs = nowMs
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / this.#perSecond))
    bucket.tokens -= 1
    return undefined
  }

  #bucketOf(address: string, nowMs: number): Bucket {
    const known = this.#buckets.get(address)
    if (known !== undefined) return known
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size >= ADDRESSES_MAX && oldest !== undefined) this.#buckets.delete(oldest)
    const bucket = { tokens: this.#perSecond, atMs: nowMs }
    this.#buckets.set(address, bucket)
    return bucket
  }
}

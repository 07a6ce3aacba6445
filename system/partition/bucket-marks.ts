// BucketMarks: what the owner knows of each bucket of its snapshot cache: the mark sent, the mark acknowledged, or that it is lost.
//
// Does no I/O. `cached-states.ts` reads and writes.
//
// K5. A read of a bucket is valid iff it has our life and acknowledged <= mark <= sent; else the bucket is lost.
// K6. A lost bucket gets no writes until it is rebuilt, with the mark expected before its scan saw the end of the state topic. A commit that came since
//     leaves it lost: the scan may have missed it.
// K9. A bucket is caught up only where everybody is known who came to an end since its mark: by the journal, and nobody by this owner.
import type { EntityId } from '../protocol/ids.ts'
import type { StateStart } from './state-store.ts'

type Bucket =
  /** `from`: where in the state topic it can be caught up from; undefined: it must be made anew. */
  | { readonly kind: 'lost'; readonly from: number | undefined }
  | { readonly kind: 'kept'; readonly sent: number; readonly acknowledged: number }

const LOST: Bucket = { kind: 'lost', from: undefined }

/** The head of what a read of a bucket answered. */
export interface BucketHead {
  readonly life: string | undefined
  readonly mark: number
}

export class BucketMarks {
  readonly #buckets: Bucket[]
  readonly #expected: number[]
  /** Buckets of entities that came to their end by this owner. */
  readonly #ended = new Set<number>()
  #life = ''
  #journal: readonly StateStart[] = []

  constructor(count: number) {
    this.#buckets = Array.from({ length: count }, () => LOST)
    this.#expected = Array.from({ length: count }, () => 0)
  }

  /** What the cache holds as a bucket's life names the bucket too: one in another's place is foreign, whatever its mark. */
  lifeOf(bucket: number): string {
    return `${this.#life}/${bucket}`
  }

  /** After takeover: what every bucket should stand at. */
  expect(life: string, marks: readonly number[], journal: readonly StateStart[]): void {
    this.#life = life
    this.#journal = journal
    for (let bucket = 0; bucket < this.#buckets.length; bucket += 1) {
      const mark = marks[bucket] ?? 0
      this.#expected[bucket] = mark
      this.#buckets[bucket] = { kind: 'kept', sent: mark, acknowledged: mark }
    }
  }

  isLost(bucket: number): boolean {
    return (this.#buckets[bucket] ?? LOST).kind === 'lost'
  }

  lost(): readonly number[] {
    return this.#buckets.flatMap((bucket, index) => (bucket.kind === 'lost' ? [index] : []))
  }

  /** What a read that begins now may not fall short of. */
  acknowledged(bucket: number): number {
    const known = this.#buckets[bucket] ?? LOST
    return known.kind === 'lost' ? Infinity : known.acknowledged
  }

  /** K5. `least`: what was acknowledged when the read began; what came since may have overtaken its answer. */
  isValid(bucket: number, head: BucketHead, least = this.acknowledged(bucket)): boolean {
    const known = this.#buckets[bucket] ?? LOST
    if (known.kind === 'lost' || (head.life !== undefined && head.life !== this.lifeOf(bucket))) return false
    const mark = head.life === undefined ? 0 : head.mark
    return least <= mark && mark <= known.sent
  }

  /** Where a lost bucket can be caught up from. */
  lostFrom(bucket: number): number | undefined {
    const known = this.#buckets[bucket] ?? LOST
    return known.kind === 'lost' ? known.from : undefined
  }

  /** The newest commit that wrote states of the bucket: the mark that it gets by a scan which begins now. */
  expected(bucket: number): number {
    return this.#expected[bucket] ?? 0
  }

  /** A bucket at an older mark of our life misses only later commits: where the state topic stood before the first of them, if the journal still says. */
  catchUpFrom(bucket: number, head: BucketHead): number | undefined {
    if (head.life !== this.lifeOf(bucket) || head.mark === 0) return undefined
    const [first] = this.#journal
    if (first === undefined || first.seq > head.mark + 1 || this.#ended.has(bucket)) return undefined
    const missed = this.#journal.filter((start) => start.seq > head.mark)
    return missed.some(({ tombstones }) => tombstones === undefined) ? undefined : missed[0]?.stateFrom
  }

  /** Who came to an end after commit `mark`, and by which commit. */
  endedAfter(mark: number): readonly (readonly [EntityId, number])[] {
    return this.#journal.flatMap(({ seq, tombstones = [] }) => (seq > mark ? tombstones.map((id) => [id, seq] as const) : []))
  }

  /** An entity of the bucket came to its end. */
  ended(bucket: number): void {
    this.#ended.add(bucket)
  }

  lose(bucket: number, from?: number): void {
    this.#buckets[bucket] = from === undefined ? LOST : { kind: 'lost', from }
  }

  /** The cache holds the bucket as of `mark`. False: it is wanted newer by now, and stays lost. */
  rebuilt(bucket: number, mark: number): boolean {
    if (this.expected(bucket) !== mark) return false
    this.#buckets[bucket] = { kind: 'kept', sent: mark, acknowledged: mark }
    return true
  }

  /** Commit `seq` wrote states of the bucket. Answers the mark to write after, undefined for a lost bucket (K6). */
  send(bucket: number, seq: number): number | undefined {
    this.#expected[bucket] = seq
    const known = this.#buckets[bucket] ?? LOST
    if (known.kind === 'lost') return undefined
    this.#buckets[bucket] = { ...known, sent: seq }
    return known.sent
  }

  acknowledge(bucket: number, seq: number): void {
    const known = this.#buckets[bucket] ?? LOST
    if (known.kind === 'kept') this.#buckets[bucket] = { ...known, acknowledged: Math.max(known.acknowledged, seq) }
  }

  /** True when nothing of the bucket is in flight, or it is lost and will be rebuilt. */
  isSettled(bucket: number): boolean {
    const known = this.#buckets[bucket] ?? LOST
    return known.kind === 'lost' || known.acknowledged === known.sent
  }
}

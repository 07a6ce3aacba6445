// I6 where calls overlap: loads of queries beside commits and the loads of batches, every call of the cache and the log ending when fast-check says, under
// torments and takeovers. Whatever is loaded is a committed state, and none older than the newest when the load began; the next owner finds what is armed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CacheCopy } from '../../adapters/memory/cache.ts'
import { entityId } from '../support/partition/bench.ts'
import { plan, stateWriter } from '../support/partition/state-writer.ts'
import type { StateWriter } from '../support/partition/state-writer.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 400
const PATIENCE = 2000

const at = fc.integer({ min: 0, max: 2 })
const move = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('commit' as const), at }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('query' as const), at }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('batch' as const), at }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('step' as const), at }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'evict' as const, 'copy' as const, 'rollBack' as const, 'drop' as const), at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeOver' as const), at }) },
)

const counts = { kept: 0, queries: 0, during: 0, caughtUp: 0 }

class Overlap {
  readonly #writer: StateWriter
  readonly #scheduler: fc.Scheduler
  readonly #newest = new Map<string, number>()
  readonly #queries: Promise<void>[] = []
  #copy: CacheCopy | undefined
  #commits = 0

  constructor(writer: StateWriter, scheduler: fc.Scheduler) {
    this.#writer = writer
    this.#scheduler = scheduler
    const { cache, log } = writer
    for (const method of ['load', 'readAll', 'write', 'replace'] as const) cache[method] = scheduler.scheduleFunction(cache[method].bind(cache) as never, undefined) as never
    log.read = scheduler.scheduleFunction(log.read.bind(log) as never, undefined) as never
  }

  async make({ kind, at }: { readonly kind: string; readonly at: number }): Promise<void> {
    const { cache, states, ids } = this.#writer
    const id = ids[at] ?? ''
    switch (kind) {
      case 'commit': return this.#commit(id)
      case 'query': return void this.#queries.push(this.#query(id))
      case 'batch': return this.#scheduler.waitFor(this.#query(id))
      case 'step': return this.#scheduler.count() === 0 ? undefined : this.#scheduler.waitOne()
      case 'flush': return cache.flush()
      case 'evict': return cache.deleteBucket({ group: plan.group, partition: 0, bucket: states.bucketOf(entityId(id)) })
      case 'copy': return void (this.#copy = cache.copy())
      case 'rollBack': return this.#copy === undefined ? undefined : cache.rollBack(this.#copy)
      case 'drop': return cache.dropWrites(1)
      case 'takeOver': return this.#writer.takeOver()
    }
  }

  async end(): Promise<void> {
    await this.#scheduler.waitFor(Promise.all(this.#queries))
    for (const id of this.#writer.ids) await this.#scheduler.waitFor(this.#query(id))
    counts.kept += this.#writer.states.caughtUp + this.#writer.states.rebuilt
    this.#writer.takeOver()
    const armed = await this.#scheduler.waitFor(this.#writer.states.armed())
    assert.deepEqual(armed.map(({ seq }) => seq).sort((a, b) => a - b), [...this.#newest.values()].sort((a, b) => a - b))
    counts.caughtUp += this.#writer.states.caughtUp
  }

  async #commit(id: string): Promise<void> {
    await this.#writer.commit(id)
    this.#commits += 1
    this.#newest.set(id, this.#commits)
  }

  async #query(id: string): Promise<void> {
    const [least, begun] = [this.#newest.get(id), this.#commits]
    const seq = await this.#writer.seqOf(id)
    counts.queries += 1
    if (this.#commits > begun) counts.during += 1
    assert.ok((seq ?? 0) >= (least ?? 0) && (seq ?? 0) <= (this.#newest.get(id) ?? 0), `'${id}' was loaded as of ${seq}; when that began ${least} was committed, now ${this.#newest.get(id)}`)
  }
}

test('loads beside commits, torments and takeovers answer no older state', async () => {
  await fc.assert(fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 60, size: 'max' }), fc.scheduler(), async (moves, scheduler) => {
    const writer = await stateWriter()
    const overlap = new Overlap(writer, scheduler)
    for (const one of moves) await overlap.make(one)
    await overlap.end()
    await writer.log.close()
  }), { seed: testSeed(), numRuns: RUNS, interruptAfterTimeLimit: PATIENCE * RUNS })
})

test('the runs above overlapped', () => {
  assert.ok(counts.kept > RUNS && counts.during > RUNS && counts.caughtUp > 0, JSON.stringify(counts))
})

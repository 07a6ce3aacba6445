// Heap: how much garbage a process may let grow before it collects it. For processes that are a runtime.
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'

/**
 * Three quarters of what a semi-space of the young generation may take otherwise, of which a heap has three. With half of it a process takes 50 MB less,
 * and W1 is 6 % slower: more of a batch lives through a collection. Only a process that begins can be told.
 */
const SEMI_SPACE_MB = 24

const isNode = process.versions['bun'] === undefined

/** Bun lets garbage grow by the size of the machine's memory: with 24 GiB 1,000,000 entities in 64 MiB took 500 MB, with this 310 MB, for 4 % of the rate. */
const RAM_BYTES = 4 * 2 ** 30

/** Threads with which V8 compiles and collects beside a program, whatever the machine has. */
const HELPERS_MAX = 4

/** One core is left to whoever else is at work: while a process starts, its helpers would take four fifths of two cores from an owner beside it. */
const helpers = (): number => Math.max(1, Math.min(HELPERS_MAX, availableParallelism() - 1))

export interface HeapStart {
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** What a process of this runtime, or of another, is started with. */
export function heapStart(runtime: 'node' | 'bun' = isNode ? 'node' : 'bun'): HeapStart {
  return runtime === 'node' ? { flags: [`--max-semi-space-size=${SEMI_SPACE_MB}`, `--v8-pool-size=${helpers()}`], env: {} } : { flags: [], env: { BUN_JSC_forceRAMSize: String(RAM_BYTES) } }
}

/** And its threads; Bun passes over it. */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 3 * SEMI_SPACE_MB }

/** Percent by which the old generation may grow between collections. */
const GROWTH_PERCENT = 60

/**
 * By itself Node lets garbage grow to several times of what lives, on a machine with much memory: the budget of entities would say little about
 * what the process takes.
 */
export function keepHeapSmall(): void {
  if (isNode) setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}

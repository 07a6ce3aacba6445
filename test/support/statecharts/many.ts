// Many comparisons, in worker threads where there are several, and what they met between them.
import { fileURLToPath } from 'node:url'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { addCounts, noCounts } from './counts.ts'
import type { Counts } from './counts.ts'
import { compareOne } from './differential.ts'

interface Share {
  readonly first: number
  readonly every: number
  readonly machinesMin: number
  readonly comparisonsMin: number
}

export interface Many {
  readonly counts: Counts
  /** The first few, with their seeds. */
  readonly differences: readonly string[]
}

const DIFFERENCES_MAX = 5
/** Nearly everything a comparison makes is garbage after it. */
const YOUNG_MEGABYTES = 96

function runShare({ first, every, machinesMin, comparisonsMin }: Share): Many {
  const counts = noCounts()
  const differences: string[] = []
  for (let seed = first; (counts.machines < machinesMin || counts.comparisons < comparisonsMin) && differences.length < DIFFERENCES_MAX; seed += every) {
    try {
      compareOne(seed, counts)
    } catch (error) {
      differences.push((error as Error).message.slice(0, 4000))
    }
  }
  return { counts, differences }
}

/** Machines of the seeds from `first` on, in `threads` threads, until there were enough of both. */
export async function compareMany(first: number, enough: { readonly machines: number; readonly comparisons: number }, threads: number): Promise<Many> {
  const share = { machinesMin: Math.ceil(enough.machines / threads), comparisonsMin: Math.ceil(enough.comparisons / threads), every: threads }
  const shares = await Promise.all(Array.from({ length: threads }, (_, nth) => inThread({ ...share, first: first + nth })))
  const counts = noCounts()
  for (const each of shares) addCounts(counts, each.counts)
  return { counts, differences: shares.flatMap(({ differences }) => differences) }
}

function inThread(share: Share): Promise<Many> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES } })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

const share = workerData as Share | null
if (parentPort !== null && share !== null && typeof share === 'object' && 'comparisonsMin' in share) {
  // One step in five fails: a difference names its seed, and stacks are not compared.
  Error.stackTraceLimit = 0
  parentPort.postMessage(runShare(share))
}

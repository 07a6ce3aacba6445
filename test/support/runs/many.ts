// Many runs, in worker threads where there are several, and what they met between them.
import { fileURLToPath } from 'node:url'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { runOnce } from './run.ts'

interface Share {
  readonly first: number
  readonly every: number
  readonly count: number
}

export interface Many {
  readonly counts: ReadonlyMap<string, number>
  /** The first few, with their seeds. */
  readonly failures: readonly string[]
}

const FAILURES_MAX = 5

async function runShare({ first, every, count }: Share): Promise<Many> {
  const counts = new Map<string, number>()
  const failures: string[] = []
  for (let nth = 0; nth < count && failures.length < FAILURES_MAX; nth += 1) {
    await runOnce(first + nth * every, counts).catch((thrown: unknown) => failures.push((thrown as Error).message.slice(0, 4000)))
  }
  return { counts, failures }
}

/** Runs `count` seeds from `first` on, in `threads` threads. */
export async function runMany(first: number, count: number, threads = 1): Promise<Many> {
  if (threads === 1) return runShare({ first, every: 1, count })
  const shares = await Promise.all(Array.from({ length: threads }, (_, nth) => inThread({ first: first + nth, every: threads, count: Math.ceil((count - nth) / threads) })))
  const counts = new Map<string, number>()
  for (const share of shares) for (const [what, n] of share.counts) counts.set(what, (counts.get(what) ?? 0) + n)
  return { counts, failures: shares.flatMap((share) => share.failures) }
}

function inThread(share: Share): Promise<Many> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

const share = workerData as Share | null
if (parentPort !== null && share !== null && typeof share === 'object' && 'every' in share) parentPort.postMessage(await runShare(share))

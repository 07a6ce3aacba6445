// Which records of a refused send are refused even alone (I8): found by sending fewer and fewer, so often at most (I9).
import type { Send } from './packing.ts'

/** One record to blame is found with two trials for each halving. */
const TRIALS_PER_HALVING = 4

/** By their indexes. None where they are only too much together, or where that took too many trials to tell: in smaller sends it shows. */
export async function culpritsOf(refused: Send, isRefused: (part: Send) => Promise<boolean>): Promise<readonly number[]> {
  const found: number[] = []
  let trials = TRIALS_PER_HALVING * Math.ceil(Math.log2(refused.placed.length))
  const search = async (part: Send): Promise<void> => {
    const [first] = part.placed
    if (part.placed.length === 1 && first !== undefined) found.push(first.index)
    else for (const half of part.halves()) if (trials-- > 0 && (await isRefused(half))) await search(half)
  }
  await search(refused.byPartition())
  return found
}

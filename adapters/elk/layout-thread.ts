// Entry of the layout thread: places one graph after another, and answers.
import { parentPort } from 'node:worker_threads'
import { assert } from '../../system/protocol/assert.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { LayoutGraph, Placement } from '../../system/ports/layout.ts'
import { elkLayout } from './layout.ts'

export interface PlaceJob {
  readonly id: number
  readonly graph: LayoutGraph
}

export type PlaceAnswer =
  | { readonly id: number; readonly kind: 'placed'; readonly placement: Placement }
  | { readonly id: number; readonly kind: 'failed'; readonly code: string; readonly message: string }

const main = parentPort
assert(main !== null, 'the layout runs in a thread of its own')

async function answerOf({ id, graph }: PlaceJob): Promise<PlaceAnswer> {
  try {
    return { id, kind: 'placed', placement: await elkLayout.place(graph) }
  } catch (thrown) {
    return { id, kind: 'failed', code: thrown instanceof OperationError ? thrown.code : 'chart/layout', message: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

main.on('message', (job: PlaceJob) => void answerOf(job).then((answer) => main.postMessage(answer)))

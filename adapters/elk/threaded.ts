// Threaded layout: the same placements, made on a thread of their own: a placement takes up to a second, and whoever serves answers others meanwhile.
//
// Owns: the thread. It is started when something is to be placed, and ended when nothing was for IDLE_MS: it keeps some tens of megabytes.
//
// T1. It holds the process no longer than something is waited for.
// T2. A thread that ends takes with it what it was asked, and no more: the next starts another.
import { Worker } from 'node:worker_threads'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Layout, LayoutGraph, Placement } from '../../system/ports/layout.ts'
import type { PlaceAnswer, PlaceJob } from './layout-thread.ts'

const IDLE_MS = 10_000

interface Asked {
  readonly resolve: (placement: Placement) => void
  readonly reject: (reason: OperationError) => void
}

interface Running {
  readonly worker: Worker
  readonly asked: Map<number, Asked>
  idle: ReturnType<typeof setTimeout> | undefined
}

export function threadedLayout(idleMs = IDLE_MS): Layout {
  let running: Running | undefined
  let last = 0

  const start = (): Running => {
    const thread: Running = { worker: new Worker(new URL('./layout-thread.ts', import.meta.url)), asked: new Map(), idle: undefined }
    const end = (reason: string): void => {
      if (running === thread) running = undefined
      clearTimeout(thread.idle)
      for (const { reject } of thread.asked.values()) reject(new OperationError('chart/layout', `the statechart cannot be laid out: ${reason}`))
      thread.asked.clear()
    }
    thread.worker.on('message', (answer: PlaceAnswer) => {
      settle(thread.asked.get(answer.id), answer)
      thread.asked.delete(answer.id)
      if (thread.asked.size > 0) return
      thread.worker.unref()
      thread.idle = setTimeout(() => {
        if (running === thread) running = undefined
        void thread.worker.terminate()
      }, idleMs)
      thread.idle.unref()
    })
    thread.worker.on('error', (error: unknown) => end(String(error)))
    thread.worker.on('exit', () => end('its thread ended'))
    return (running = thread)
  }

  return {
    place: (graph: LayoutGraph) => new Promise((resolve, reject) => {
      const { worker, asked, idle } = running ?? start()
      clearTimeout(idle)
      worker.ref()
      last += 1
      asked.set(last, { resolve, reject })
      worker.postMessage({ id: last, graph } satisfies PlaceJob)
    }),
  }
}

function settle(asked: Asked | undefined, answer: PlaceAnswer): void {
  if (answer.kind === 'placed') asked?.resolve(answer.placement)
  else asked?.reject(new OperationError(answer.code, answer.message))
}

// The way to the writer thread: from the thread that started it, or over a port that was handed to another thread.
import { Worker } from 'node:worker_threads'
import type { MessagePort, Transferable } from 'node:worker_threads'
import type { WriterAnswer, WriterMessage, WriterOptions } from './jobs.ts'

export interface WriterLink {
  post(message: WriterMessage, transfer: readonly Transferable[]): void
  onAnswer(take: (answer: WriterAnswer) => void): void
  /** The writer is gone, or cannot be reached any more. */
  onEnd(take: (reason: string) => void): void
  /** Whether waiting for answers keeps the process alive. */
  hold(isHeld: boolean): void
}

/** What a job leaves behind is garbage with its answer: the thread needs no room of the size of the stepping thread's. Bun passes over it. */
const WRITER_LIMITS = { maxYoungGenerationSizeMb: 12 }

/** Starts the writer thread. */
export function startWriter(options: WriterOptions): WriterLink {
  return linkOf(new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: options, resourceLimits: WRITER_LIMITS }), 'exit')
}

/** Over a port that the writer serves. */
export function portLink(port: MessagePort): WriterLink {
  const link = linkOf(port, 'close')
  port.start()
  return link
}

function linkOf(end: Worker | MessagePort, gone: 'exit' | 'close'): WriterLink {
  return {
    post: (message, transfer) => end.postMessage(message, [...transfer]),
    onAnswer: (take) => void end.on('message', take),
    onEnd: (take) => {
      end.on('error', (error: unknown) => take(String(error)))
      end.on(gone, () => take('the writer thread ended'))
    },
    hold: (isHeld) => (isHeld ? end.ref() : end.unref()),
  }
}

// Entry of the writer thread: runs what it is sent, answers, and checkpoints when nobody waits.
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../system/protocol/assert.ts'
import type { WriterAnswer, WriterMessage, WriterOptions } from './jobs.ts'
import { Writer } from './writer.ts'

/** Between commits, when no job came for a while. */
const CHECKPOINT_BYTES_IDLE = 1 << 20
const CHECKPOINT_IDLE_MS = 5
/** Between commits, whoever waits: bounds the write-ahead log. */
const CHECKPOINT_BYTES_MAX = 16 << 20

const port = parentPort
assert(port !== null, 'the writer runs in a thread of its own')
const answer = (message: WriterAnswer): void => port.postMessage(message)
const writer = new Writer(workerData as WriterOptions)
let idle: ReturnType<typeof setTimeout> | undefined

port.on('message', (message: WriterMessage) => {
  clearTimeout(idle)
  if (message.kind === 'close') {
    writer.close()
    answer({ kind: 'closed' })
    port.close()
    return
  }
  const results = writer.run(message.jobs)
  const buffers = message.jobs.flatMap((job) => ('records' in job ? [job.records.buffer] : []))
  port.postMessage({ kind: 'results', results, buffers } satisfies WriterAnswer, buffers)
  if (writer.bytesSinceCheckpoint > CHECKPOINT_BYTES_MAX) writer.checkpoint()
  else if (writer.bytesSinceCheckpoint > CHECKPOINT_BYTES_IDLE) idle = setTimeout(() => writer.checkpoint(), CHECKPOINT_IDLE_MS)
})
answer({ kind: 'ready' })

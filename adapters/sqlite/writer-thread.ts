// Entry of the writer thread: runs what it is sent, answers, and checkpoints when nobody waits.
//
// Jobs of all threads that wait at the same moment become one transaction: one fsync for all.
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { assert } from '../../system/protocol/assert.ts'
import type { Job, WriterAnswer, WriterMessage, WriterOptions } from './jobs.ts'
import { Writer } from './writer.ts'

/** Between commits, when no job came for a while. */
const CHECKPOINT_BYTES_IDLE = 1 << 20
const CHECKPOINT_IDLE_MS = 5
/** Between commits, whoever waits: bounds the write-ahead log. */
const CHECKPOINT_BYTES_MAX = 16 << 20

const main = parentPort
assert(main !== null, 'the writer runs in a thread of its own')
const writer = new Writer(workerData as WriterOptions)
const ports = new Set<MessagePort>([main])
let waiting: { readonly port: MessagePort; readonly jobs: readonly Job[] }[] = []
let idle: ReturnType<typeof setTimeout> | undefined

const answer = (port: MessagePort, message: WriterAnswer, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, [...transfer])

function take(port: MessagePort, message: WriterMessage): void {
  switch (message.kind) {
    case 'jobs':
      waiting.push({ port, jobs: message.jobs })
      // Alone, there is nobody to wait for.
      if (ports.size === 1) run()
      else if (waiting.length === 1) setImmediate(run)
      return
    case 'port': return serve(message.port)
    case 'close':
      run()
      if (port === main) writer.close()
      answer(port, { kind: 'closed' })
      if (port === main) end()
      else port.close()
  }
}

function run(): void {
  const calls = waiting
  if (calls.length === 0) return
  waiting = []
  clearTimeout(idle)
  const results = writer.run(calls.flatMap(({ jobs }) => jobs))
  let at = 0
  for (const { port, jobs } of calls) {
    const own = results.slice(at, (at += jobs.length))
    const buffers = jobs.flatMap((job) => ('records' in job ? [job.records.buffer] : []))
    answer(port, { kind: 'results', results: own, buffers }, buffers)
    if (ports.size === 1) continue
    const tps = own.flatMap((result) => (result.kind === 'written' ? [...result.ends.keys()] : []))
    if (tps.length > 0) for (const other of ports) if (other !== port) answer(other, { kind: 'wrote', tps })
  }
  if (writer.bytesSinceCheckpoint > CHECKPOINT_BYTES_MAX) writer.checkpoint()
  else if (writer.bytesSinceCheckpoint > CHECKPOINT_BYTES_IDLE) idle = setTimeout(() => writer.checkpoint(), CHECKPOINT_IDLE_MS)
}

function end(): void {
  clearTimeout(idle)
  for (const port of ports) port.close()
}

function serve(port: MessagePort): void {
  ports.add(port)
  port.on('message', (message: WriterMessage) => take(port, message))
  port.on('close', () => ports.delete(port))
}

main.on('message', (message: WriterMessage) => take(main, message))
answer(main, { kind: 'ready' })

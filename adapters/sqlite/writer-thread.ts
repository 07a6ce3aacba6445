// Entry of the writer thread: runs what it is sent, answers, and then sees to checkpoints.
//
// Jobs that wait at the same moment, of all threads, become one transaction: one fsync for all.
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { assert } from '../../system/protocol/assert.ts'
import { Checkpoints } from './checkpoints.ts'
import type { Job, WriterAnswer, WriterMessage, WriterOptions } from './jobs.ts'
import { Writer } from './writer.ts'

/** What one transaction takes at most; the rest waits for the next. */
const GROUP_BYTES_MAX = 32 << 20

const main = parentPort
assert(main !== null, 'the writer runs in a thread of its own')
const writer = new Writer(workerData as WriterOptions)
const checkpoints = new Checkpoints(writer, workerData as WriterOptions)
const ports = new Set<MessagePort>([main])
let waiting: { readonly port: MessagePort; readonly job: Job }[] = []

const answer = (port: MessagePort, message: WriterAnswer, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, [...transfer])

function take(port: MessagePort, message: WriterMessage): void {
  switch (message.kind) {
    case 'job':
      waiting.push({ port, job: message.job })
      // What else has come by now joins it.
      if (waiting.length === 1) setImmediate(runAll)
      return
    case 'port': return serve(message.port)
    case 'close':
      runAll()
      if (port === main) void close()
      else closed(port)
  }
}

async function close(): Promise<void> {
  await checkpoints.close()
  writer.close()
  for (const port of ports) if (port !== main) port.close()
  closed(main as MessagePort)
}

function closed(port: MessagePort): void {
  answer(port, { kind: 'closed' })
  port.close()
}

function runAll(): void {
  checkpoints.busy()
  while (waiting.length > 0) run()
}

function run(): void {
  let bytes = 0
  const count = waiting.findIndex(({ job }, at) => (bytes += 'records' in job ? job.records.length : 0) > GROUP_BYTES_MAX && at > 0)
  const calls = waiting.splice(0, count === -1 ? waiting.length : count)
  const results = writer.run(calls.map(({ job }) => job))
  for (const port of ports) {
    const own = results.filter((_, at) => calls[at]?.port === port)
    const buffers = calls.flatMap(({ port: from, job }) => (from === port && 'records' in job ? [job.records.buffer] : []))
    if (own.length > 0) answer(port, { kind: 'results', results: own, buffers }, buffers)
    const others = results.flatMap((result, at) => (calls[at]?.port !== port && result.kind === 'written' ? [...result.ends.keys()] : []))
    if (others.length > 0) answer(port, { kind: 'wrote', tps: others })
  }
  checkpoints.wrote()
}

function serve(port: MessagePort): void {
  ports.add(port)
  port.on('message', (message: WriterMessage) => take(port, message))
  port.on('close', () => ports.delete(port))
}

main.on('message', (message: WriterMessage) => take(main, message))
answer(main, { kind: 'ready' })

// Entry of the thread that moves the write-ahead log into the file beside the writer: each message asks for one pass, `close` ends it.
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../system/protocol/assert.ts'
import { connect } from './file.ts'
import { passiveCheckpoint } from './checkpoints.ts'
import type { CheckpointMessage } from './checkpoints.ts'
import type { WriterOptions } from './jobs.ts'

const main = parentPort
assert(main !== null, 'checkpoints beside the writer have a thread of their own')
const { folder, busyMsMax } = workerData as WriterOptions
const db = connect(folder, busyMsMax)

main.on('message', (message: CheckpointMessage) => {
  if (message.kind === 'pass') return main.postMessage(passiveCheckpoint(db))
  db.close()
  main.close()
})

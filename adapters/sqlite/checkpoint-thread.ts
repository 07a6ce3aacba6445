// Entry of the thread that moves the write-ahead log into the file beside the writer: each message asks for one pass, `close` ends it.
import { existsSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../system/protocol/assert.ts'
import { connect, logFile } from './file.ts'
import { passiveCheckpoint } from './checkpoints.ts'
import type { CheckpointMessage } from './checkpoints.ts'
import type { WriterOptions } from './jobs.ts'

const main = parentPort
assert(main !== null, 'checkpoints beside the writer have a thread of their own')
const { folder, busyMsMax } = workerData as WriterOptions
// It must be the writer's file: to open one that is gone would make another.
assert(existsSync(logFile(folder)), `${logFile(folder)} is gone`)
const db = connect(folder, busyMsMax)

main.on('message', (message: CheckpointMessage) => {
  if (message.kind === 'pass') return main.postMessage(passiveCheckpoint(db))
  db.close()
  main.close()
})

// One raw writer in a thread of its own.
import { parentPort, workerData } from 'node:worker_threads'
import { rawAppendRate } from './raw.ts'
import type { RawWriting } from './raw.ts'

const { folder, rows } = workerData as RawWriting
parentPort?.postMessage(rawAppendRate(folder, rows))

// How a worker thread gets W1's system; it notes its own processor time where the main thread reads it.
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { w1System } from '../w1/system.ts'
import { threadCpuMs } from './thread-time.ts'

const NOTE_MS = 20

export async function load(cpuMs: SharedArrayBuffer): Promise<SystemDefinition> {
  const cell = new Float64Array(cpuMs)
  setInterval(() => (cell[0] = threadCpuMs()), NOTE_MS).unref()
  return w1System('compiled')
}

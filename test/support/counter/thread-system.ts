// How a worker thread gets the counters.
import type { SystemDefinition } from '../../../adapters/node/statelog.ts'
import counters from './counter.system.ts'

export async function load(): Promise<SystemDefinition> {
  return counters
}

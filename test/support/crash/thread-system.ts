// How a worker thread gets the ledger.
import type { SystemDefinition } from '../../../adapters/node/statelog.ts'
import { ledger } from './system.ts'

export async function load({ partitions, deadly }: { readonly partitions: number; readonly deadly: readonly string[] }): Promise<SystemDefinition> {
  return ledger(partitions, new Set(deadly))
}

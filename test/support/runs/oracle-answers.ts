// What a turn of the oracle is answered when it asks for a score or a row.
import type { MachineEvent } from '../../../system/protocol/data.ts'
import type { FailureClass } from '../../../system/protocol/failures.ts'
import { limitOf } from './spec.ts'

export interface OracleModel {
  readonly version: number
  readonly hash: string
  /** Undefined: it gives none. */
  readonly scoreOf: (vector: readonly number[]) => number | undefined
}

export function inference({ version, hash, scoreOf }: OracleModel, vector: readonly number[], fallback: number | undefined, timeMs: number): MachineEvent | FailureClass {
  const own = scoreOf(vector)
  const score = own ?? fallback
  if (score === undefined) return 'model'
  return { type: 'inference.risk', time: timeMs, model: 'risk', version, hash, score, ...(own === undefined ? { fallback: 'no risk' } : {}) }
}

export function found(key: string, timeMs: number): MachineEvent | FailureClass {
  const row = limitOf(key)
  return row === 'unfit' ? 'action' : { type: 'lookup.limits', time: timeMs, table: 'limits', key, row }
}

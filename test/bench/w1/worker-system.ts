// How a worker thread gets W1's system.
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { w1System } from './system.ts'
import type { EngineName, W1Limits } from './system.ts'

export interface ThreadArgument {
  readonly engine: EngineName
  readonly limits: W1Limits
}

export const load = async ({ engine, limits }: ThreadArgument): Promise<SystemDefinition> => w1System(engine, limits)

// The public entry `statelog`: everything a domain is written with.
import { compiledEngine } from '../xstate/compiled.ts'
import { actorDefiner } from '../../system/authoring/actor.ts'

/**
 * Defines an actor type around an XState v5 machine. Throws DefinitionError with every problem found.
 * Contexts are deep-frozen unless NODE_ENV is 'production' (`statelog run` sets it): an assign that changes its argument fails then.
 */
export const defineActor = actorDefiner(compiledEngine, process.env['NODE_ENV'] !== 'production')

export { defineSystem } from '../../system/authoring/system.ts'
export type { SystemDefinition } from '../../system/authoring/system.ts'
export { defineIngress } from '../../system/authoring/ingress.ts'
export { defineScenario } from '../../system/authoring/scenario.ts'
export type { Expectation, FeedItem, OutputReader, ScenarioDefinition, ScenarioOptions, ScenarioRun } from '../../system/authoring/scenario.ts'
export type { ActorDefinition } from '../../system/authoring/definition.ts'
export { infer, lookup, reply, tell } from '../../system/authoring/effects.ts'
export { defineTable } from '../../system/authoring/table.ts'
export type { Table } from '../../system/authoring/table.ts'
export { range, required, rule } from '../../system/authoring/quality.ts'
export { DefinitionError } from '../../system/protocol/failures.ts'
export { decay, delayed, lastN, sliding } from '../../system/features/folds.ts'
export { features } from '../../system/features/feature-set.ts'
export { geo } from '../../system/features/geo.ts'
export { defineModel } from '../../system/models/definition.ts'

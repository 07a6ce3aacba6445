// The public entry `statelog`: everything a domain is written with.
import { xstateEngine } from '../xstate/engine.ts'
import { actorDefiner } from '../../system/authoring/actor.ts'

/** Defines an actor type around an XState v5 machine. Throws DefinitionError with every problem found. */
export const defineActor = actorDefiner(xstateEngine, true)

export { defineSystem } from '../../system/authoring/system.ts'
export type { SystemDefinition } from '../../system/authoring/system.ts'
export { defineScenario } from '../../system/authoring/scenario.ts'
export type { Expectation, FeedItem, OutputReader, ScenarioDefinition, ScenarioOptions, ScenarioRun } from '../../system/authoring/scenario.ts'
export type { ActorDefinition } from '../../system/authoring/definition.ts'
export { infer, reply, tell } from '../../system/authoring/effects.ts'
export { range, required, rule } from '../../system/authoring/quality.ts'
export { DefinitionError } from '../../system/protocol/failures.ts'
export { decay, delayed, lastN, sliding } from '../../system/features/folds.ts'
export { features } from '../../system/features/feature-set.ts'
export { geo } from '../../system/features/geo.ts'
export { defineModel } from '../../system/models/definition.ts'

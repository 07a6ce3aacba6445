// Model loading: the models of a system, from its own topic of artifacts. What the code defines and the topic lacks is published first.
import { modelsTopic } from '../../system/protocol/ids.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import { sha256Hex } from '../../system/protocol/sha256.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { Log } from '../../system/ports/log.ts'
import type { LoadedModel, ModelStore } from '../../system/ports/models.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import { encodeModel } from '../../system/models/artifact.ts'
import { decodeModel } from '../../system/models/definition.ts'
import type { Model } from '../../system/models/model.ts'
import { loadedModel } from '../../system/models/scorer.ts'
import { logModelStore } from '../memory/log-models.ts'

/** Models by name. The topic of artifacts exists. Throws OperationError for an artifact that cannot be read. */
export async function loadModels(system: SystemDefinition, log: Log, clock: Clock): Promise<ReadonlyMap<string, LoadedModel>> {
  const store = logModelStore(log, modelsTopic(system.name), clock)
  const loaded = new Map<string, LoadedModel>()
  for (const model of system.models) loaded.set(model.name, loadedModel(await load(store, model)))
  return loaded
}

async function load(store: ModelStore, model: Model): Promise<Model> {
  const stored = await store.load(model.hash)
  // Lost or damaged bytes are made again from the definition: the hash names exactly one artifact.
  const isWhole = stored !== undefined && sha256Hex(stored) === model.hash
  if (!isWhole) await store.save(model.hash, encodeModel(model))
  const bytes = isWhole ? stored : await store.load(model.hash)
  const decoded = bytes === undefined ? { kind: 'failed' as const, reason: 'it was not stored' } : decodeModel(bytes)
  if (decoded.kind === 'ok') return decoded.model
  throw new OperationError('models/artifact', `model ${model.name} v${model.version} (${model.hash}): ${decoded.reason}`)
}

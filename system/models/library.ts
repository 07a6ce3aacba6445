// Library: the models that a node can score with, by hash: those that its code brings, and those that were activated since.
//
// Y1. A model is handed out only when its artifact's bytes have the hash, and it takes exactly the features that the system's model of its name takes.
// Y2. At most MODELS_MAX stay loaded. None leaves: partitions score with them without asking again.
import { MODELS_MAX } from '../protocol/limits.ts'
import { sha256Hex } from '../protocol/sha256.ts'
import type { LoadedModel, ModelStore } from '../ports/models.ts'
import { decodeModel } from './definition.ts'
import type { Model } from './model.ts'
import { loadedModel } from './scorer.ts'

export class ModelLibrary {
  readonly #byHash = new Map<string, LoadedModel>()
  readonly #features: ReadonlyMap<string, readonly string[]>
  readonly #store: ModelStore | undefined

  /** `loaded`: those of the code. `store`: where other artifacts stand. */
  constructor(models: readonly Model[], loaded: ReadonlyMap<string, LoadedModel>, store: ModelStore | undefined) {
    this.#features = new Map(models.map(({ name, features }) => [name, features]))
    this.#store = store
    for (const model of loaded.values()) this.#byHash.set(model.hash, model)
  }

  get(hash: string): LoadedModel | undefined {
    return this.#byHash.get(hash)
  }

  /** Undefined when the model can score from now on, else why it never will. Rejects when the store does. */
  async load(name: string, { version, hash }: { readonly version: number; readonly hash: string }): Promise<string | undefined> {
    const known = this.#byHash.get(hash)
    if (known === undefined && this.#byHash.size >= MODELS_MAX) return `${MODELS_MAX} models are loaded already; restart the node`
    const loaded = known ?? await this.#fetch(name, hash)
    if (typeof loaded === 'string') return loaded
    if (loaded.name !== name || loaded.version !== version) return `artifact ${hash} is ${loaded.name} v${loaded.version}`
    this.#byHash.set(hash, loaded)
    return undefined
  }

  async #fetch(name: string, hash: string): Promise<LoadedModel | string> {
    const bytes = await this.#store?.load(hash)
    if (bytes === undefined) return `there is no artifact ${hash}`
    if (sha256Hex(bytes) !== hash) return `artifact ${hash} is damaged`
    const decoded = decodeModel(bytes)
    if (decoded.kind === 'failed') return decoded.reason
    const reason = featuresMisfit(decoded.model, this.#features.get(name))
    return reason ?? loadedModel(decoded.model)
  }
}

/** Why a model cannot take the place of one with these features; undefined when it can. */
export function featuresMisfit({ features }: Pick<Model, 'features'>, wanted: readonly string[] | undefined): string | undefined {
  if (wanted === undefined || (wanted.length === features.length && wanted.every((feature, at) => feature === features[at]))) return undefined
  return `it takes the features ${features.join(', ')}; the system's vectors hold ${wanted.join(', ')}`
}

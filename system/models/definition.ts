// Definition: how a model comes to be, from its author or from an artifact's bytes. Both ways check everything.
import { DefinitionError } from '../protocol/failures.ts'
import { utf8Decode } from '../protocol/utf8.ts'
import { canonical, MODEL_FORMAT, modelHash } from './artifact.ts'
import type { Model, ModelDefinition } from './model.ts'
import { problemsOf } from './validation.ts'

/** The model of a definition. Throws DefinitionError with everything that is wrong. */
export function defineModel<Definition extends ModelDefinition>(definition: Definition): Model<Definition> {
  const problems = problemsOf(definition)
  if (problems.length > 0) throw new DefinitionError(problems)
  const model: Model<Definition> = { ...definition, hash: modelHash(definition) }
  return Object.freeze(model)
}

export type DecodedModel = { readonly kind: 'ok'; readonly model: Model } | { readonly kind: 'failed'; readonly reason: string }

/** The model of an artifact's bytes, or what is wrong with them. Never throws. */
export function decodeModel(bytes: Uint8Array): DecodedModel {
  const parsed = parse(bytes)
  if (typeof parsed !== 'object' || parsed === null || !('format' in parsed)) return { kind: 'failed', reason: 'the artifact is no JSON object with a format' }
  if (parsed.format !== MODEL_FORMAT) return { kind: 'failed', reason: `the artifact's format is ${String(parsed.format)}, this version reads ${MODEL_FORMAT}` }
  const problems = problemsOf(parsed)
  if (problems.length > 0) return { kind: 'failed', reason: problems.join('; ') }
  const { format: _format, ...definition } = canonical(parsed as unknown as ModelDefinition)
  return { kind: 'ok', model: defineModel(definition) }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Decode(bytes) ?? '') as unknown
  } catch {
    return undefined
  }
}

// Artifact: a model as bytes, and the hash that names it. Equal models have equal bytes: canonical JSON with a fixed order of keys.
import { sha256Hex } from '../protocol/sha256.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { ModelDefinition, Tree } from './model.ts'

/** Named in every artifact; another one is refused. */
export const MODEL_FORMAT = 'statelog-model/1'

/** The artifact of a model: UTF-8 JSON. */
export function encodeModel(definition: ModelDefinition): Uint8Array {
  return utf8Encode(JSON.stringify(canonical(definition)))
}

/** sha256 hex of the artifact. */
export function modelHash(definition: ModelDefinition): string {
  return sha256Hex(encodeModel(definition))
}

/** @internal The definition with its keys in the order of the artifact, and nothing else. */
export function canonical(definition: ModelDefinition): ModelDefinition & { readonly format: string } {
  const { name, version, features } = definition
  if (definition.kind === 'trees') {
    const { trees, combine, base, link } = definition
    return { format: MODEL_FORMAT, name, version, kind: 'trees', features, combine, base, link, trees: trees.map(canonicalTree) }
  }
  return { format: MODEL_FORMAT, name, version, kind: definition.kind, features, bias: definition.bias, weights: definition.weights }
}

function canonicalTree({ feature, threshold, left, right, value }: Tree): Tree {
  return { feature, threshold, left, right, value }
}

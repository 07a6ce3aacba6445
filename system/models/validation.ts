// Validation: what is wrong with a model, in words that name the place. Takes anything, since artifacts come from outside.
import { isName } from '../protocol/ids.ts'
import { FEATURES_MAX, TREE_NODES_MAX, TREES_MAX } from './limits.ts'

type Loose = Readonly<Record<string, unknown>>

/** Every problem of what claims to be a model definition; none means it is one. */
export function problemsOf(definition: unknown): readonly string[] {
  if (!isRecord(definition)) return ['a model is an object with name, version, kind and features']
  const { name, version, kind, features } = definition
  const called = typeof name === 'string' ? name : 'model'
  const problems: string[] = []
  if (typeof name !== 'string' || !isName(name)) problems.push(`${String(name)}: a model's name is a-z, 0-9 and '-', starting with a letter`)
  if (!Number.isSafeInteger(version) || (version as number) < 1) problems.push(`${called}: the version ${String(version)} is not a whole number above 0`)
  if (!isTexts(features) || features.length === 0 || features.length > FEATURES_MAX) {
    return [...problems, `${called}: features must be 1..${FEATURES_MAX} names`]
  }
  if (new Set(features).size < features.length) problems.push(`${called}: a feature is named twice`)
  if (kind === 'linear' || kind === 'logistic') problems.push(...linearProblems(called, definition, features.length))
  else if (kind === 'trees') problems.push(...treesProblems(called, definition, features.length))
  else problems.push(`${called}: the kind ${String(kind)} is none of linear, logistic, trees`)
  return problems
}

function linearProblems(name: string, { weights, bias }: Loose, features: number): string[] {
  const problems: string[] = []
  if (!isNumbers(weights)) problems.push(`${name}: weights must be finite numbers`)
  else if (weights.length !== features) problems.push(`${name}: ${weights.length} weights for ${features} features`)
  if (!Number.isFinite(bias)) problems.push(`${name}: the bias ${String(bias)} is not a finite number`)
  return problems
}

function treesProblems(name: string, { trees, combine, base, link }: Loose, features: number): string[] {
  const problems: string[] = []
  if (combine !== 'sum' && combine !== 'mean') problems.push(`${name}: combine is ${String(combine)}, expected sum or mean`)
  if (link !== 'identity' && link !== 'sigmoid') problems.push(`${name}: link is ${String(link)}, expected identity or sigmoid`)
  if (!Number.isFinite(base)) problems.push(`${name}: the base ${String(base)} is not a finite number`)
  if (!Array.isArray(trees) || trees.length === 0 || trees.length > TREES_MAX) return [...problems, `${name}: trees must be 1..${TREES_MAX} trees`]
  for (const [i, tree] of trees.entries()) {
    const problem = treeProblem(tree, features)
    if (problem !== undefined) problems.push(`${name}.trees[${i}]: ${problem}`)
  }
  return problems
}

function treeProblem(tree: unknown, features: number): string | undefined {
  if (!isRecord(tree)) return 'is no tree'
  const { feature, threshold, left, right, value } = tree
  if (!isNumbers(feature) || !isNumbers(threshold) || !isNumbers(left) || !isNumbers(right) || !isNumbers(value)) {
    return 'feature, threshold, left, right and value must be arrays of finite numbers'
  }
  const size = feature.length
  if (size === 0 || size > TREE_NODES_MAX) return `has ${size} nodes, allowed are 1..${TREE_NODES_MAX}`
  if ([threshold, left, right, value].some((list) => list.length !== size)) return 'its arrays differ in length'
  const parents = new Array<number>(size).fill(0)
  for (let node = 0; node < size; node++) {
    const index = feature[node]!
    if (index === -1) continue
    if (!Number.isInteger(index) || index < 0 || index >= features) return `node ${node} asks for feature ${index} of ${features}`
    for (const child of [left[node]!, right[node]!]) {
      if (!Number.isInteger(child) || child <= node || child >= size) return `node ${node} has the child ${child}; children stand after their parent`
      parents[child] = parents[child]! + 1
    }
  }
  const odd = parents.findIndex((count, node) => count !== (node === 0 ? 0 : 1))
  return odd < 0 ? undefined : `node ${odd} has ${parents[odd]} parents`
}

function isRecord(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => Number.isFinite(entry))
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string' && entry.length > 0)
}

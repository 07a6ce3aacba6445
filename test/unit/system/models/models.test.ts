import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DefinitionError } from '../../../../system/protocol/failures.ts'
import { encodeModel, modelHash } from '../../../../system/models/artifact.ts'
import { decodeModel, defineModel } from '../../../../system/models/definition.ts'
import type { ModelDefinition, TreesDefinition } from '../../../../system/models/model.ts'
import { loadedModel, ModelError, scorer } from '../../../../system/models/scorer.ts'

const logistic = defineModel({ name: 'fraud', version: 2, kind: 'logistic', features: ['a', 'b'], weights: [2, -1], bias: 0.5 })
const stump = { feature: [0, -1, 1, -1, -1], threshold: [1.5, 0, 10, 0, 0], left: [1, 0, 3, 0, 0], right: [2, 0, 4, 0, 0], value: [0, 1, 0, 2, 4] }
const leaf = { feature: [-1], threshold: [0], left: [0], right: [0], value: [6] }
const forest: TreesDefinition = { name: 'forest', version: 1, kind: 'trees', features: ['a', 'b'], trees: [stump, leaf], combine: 'mean', base: 1, link: 'identity' }

test('a linear model is bias plus weights times values; a logistic one puts that through the sigmoid', () => {
  assert.equal(scorer({ ...logistic, kind: 'linear' }).score([3, 4]), 2.5)
  assert.ok(Math.abs(scorer(logistic).score([3, 4]) - 1 / (1 + Math.exp(-2.5))) < 1e-15)
})

test('a tree goes left where a value is at most the threshold', () => {
  const { score } = scorer({ ...forest, combine: 'sum', base: 0 })
  assert.deepEqual([score([1.5, 0]), score([1.6, 10]), score([1.6, 10.1])], [7, 8, 10])
})

test('a forest averages, boosting sums, the link comes last', () => {
  assert.equal(scorer(forest).score([0, 0]), 1 + 7 / 2)
  assert.ok(Math.abs(scorer({ ...forest, combine: 'sum', base: -7, link: 'sigmoid' }).score([0, 0]) - 0.5) < 1e-15)
})

test('many rows score like each row, arrays and typed arrays alike', () => {
  const out = new Float64Array(3)
  scorer(forest).scoreMany([[0, 0], Float64Array.from([2, 0])], out)
  assert.deepEqual([...out], [4.5, 5, 0])
  assert.throws(() => scorer(forest).scoreMany([[0, 0], [0, 0]], new Float64Array(1)), ModelError)
})

test('a vector that does not fit has no score, and the reason', async () => {
  assert.throws(() => scorer(logistic).score([1]), /fraud: got 1 values for 2 features/)
  assert.throws(() => scorer(logistic).score([1, NaN]), /fraud: the feature b is NaN/)
  assert.throws(() => scorer({ ...logistic, kind: 'linear' }).score([1.7e308, -1.7e308]), /the score is Infinity/)
  const scores = await loadedModel(logistic).score([[-0.25, 0], [1]])
  assert.deepEqual(scores, [{ kind: 'score', score: 0.5 }, { kind: 'none', reason: 'fraud: got 1 values for 2 features' }])
})

test('an artifact gives back the same model and hash', () => {
  for (const definition of [logistic, defineModel(forest)]) {
    const decoded = decodeModel(encodeModel(definition))
    assert.ok(decoded.kind === 'ok')
    assert.deepEqual(decoded.model, definition)
    assert.equal(decoded.model.hash, modelHash(definition))
  }
})

test('the hash is that of the content, whatever the order of keys', () => {
  const shuffled = { bias: 0.5, weights: [2, -1], features: ['a', 'b'], kind: 'logistic', version: 2, name: 'fraud' } as const
  assert.equal(modelHash(shuffled), logistic.hash)
  assert.notEqual(modelHash({ ...shuffled, bias: 0.6 }), logistic.hash)
})

test('bytes that are no model are a failure with a reason, never a throw', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  for (const text of ['', '{', 'null', '[]', '{"format":"other/1"}', '{"format":"statelog-model/1"}', '{"format":"statelog-model/1","name":"x","version":1,"features":["a"],"kind":"trees","trees":[1]}']) {
    assert.equal(decodeModel(bytes(text)).kind, 'failed', text)
  }
  assert.equal(decodeModel(Uint8Array.of(0xff, 0xfe)).kind, 'failed')
})

test('a definition that cannot be scored is refused, and says where', () => {
  const refused = (definition: unknown, reason: RegExp): void => {
    assert.throws(() => defineModel(definition as ModelDefinition), (error) => error instanceof DefinitionError && reason.test(error.message))
  }
  refused({ ...logistic, weights: [1] }, /fraud: 1 weights for 2 features/)
  refused({ ...logistic, weights: [1, NaN] }, /weights must be finite/)
  refused({ ...logistic, bias: undefined }, /bias undefined/)
  refused({ ...logistic, features: ['a', 'a'] }, /named twice/)
  refused({ ...logistic, kind: 'oracle' }, /none of linear, logistic, trees/)
  refused({ ...forest, trees: [] }, /1\.\.10000 trees/)
  refused({ ...forest, trees: [leaf, { ...stump, feature: [2, -1, 1, -1, -1] }] }, /forest\.trees\[1\]: node 0 asks for feature 2 of 2/)
  refused({ ...forest, trees: [{ ...stump, left: [0, 0, 3, 0, 0] }] }, /node 0 has the child 0/)
  refused({ ...forest, trees: [{ ...stump, right: [1, 0, 4, 0, 0] }] }, /node 1 has 2 parents/)
  refused({ ...forest, trees: [{ ...stump, value: [0] }] }, /differ in length/)
  refused({ ...forest, combine: 'max', link: 'exp', base: NaN }, /combine is max.*\n.*link is exp.*\n.*base NaN/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions, SEED_DEFAULT } from '../../../runner/options.ts'

function tiersOf(...args: string[]): string[] | string {
  const parsed = parseOptions(args)
  return parsed.ok ? parsed.options.tiers.map((tier) => tier.name) : parsed.reason
}

test('without words every tier but the long one runs', () => {
  assert.deepEqual(tiersOf(), ['types', 'tidy', 'unit', 'contract', 'property', 'integration', 'services', 'chaos', 'e2e'])
})

test('a named tier runs alone, and the long one only when asked for', () => {
  assert.deepEqual(tiersOf('unit'), ['unit'])
  assert.deepEqual(tiersOf('--long'), ['long'])
})

test('a path part is looked for in every tier that has files', () => {
  assert.equal(tiersOf('test/unit/a.test.ts').includes('types'), false)
  assert.equal(tiersOf('test/unit/a.test.ts').includes('long'), true)
})

test('the seed is fixed unless given, and must be a whole number', () => {
  const parsed = parseOptions([])
  assert.equal(parsed.ok && parsed.options.seed, SEED_DEFAULT)
  assert.equal(tiersOf('--seed', 'x'), '--seed needs a whole number')
  assert.equal(tiersOf('--fast'), 'unknown option --fast')
})

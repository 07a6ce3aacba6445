import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cycles } from './rules/cycles.ts'
import { importLaw, noBarrel, oneVendor } from './rules/import-law.ts'
import { assertNone, findAll, parseSource, readSources } from './source.ts'

const sources = readSources()

test('imports follow the import law', () => assertNone(findAll(sources, importLaw)))
test('each adapter folder has one vendor', () => assertNone(oneVendor(sources)))
test('only public entries re-export', () => assertNone(findAll(sources, noBarrel)))
test('no import cycles, types included', () => assertNone(cycles(sources)))

describe('the import law refuses', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['system/protocol/a.ts', `import { x } from '../ports/log.ts'`],
    ['system/protocol/a.ts', `import { x } from 'zod'`],
    ['system/ports/a.ts', `import type { x } from '../partition/step.ts'`],
    ['system/partition/a.ts', `import { readFileSync } from 'node:fs'`],
    ['system/partition/a.ts', `import { readFileSync } from 'fs'`],
    ['system/partition/a.ts', `const fs = await import('node:fs')`],
    ['system/partition/a.ts', `import { x } from '../../adapters/memory/log.ts'`],
    ['system/partition/a.ts', `import type { Actor } from 'xstate'`],
    ['system/authoring/a.ts', `import { setup } from 'xstate'`],
    ['system/authoring/a.ts', `import { type Actor, setup } from 'xstate'`],
    ['system/authoring/a.ts', `export { setup } from 'xstate'`],
    ['system/models/a.ts', `type Actor = import('zod').ZodType`],
    ['adapters/sqlite/a.ts', `import { x } from '../memory/log.ts'`],
    ['adapters/redis/a.ts', `import { x } from '../kafka-rights/rights.ts'`],
    ['adapters/kafkajs/a.ts', `import { x } from '../kafka/codes.ts'`],
    ['adapters/kafka-rights/a.ts', `import { x } from '../kafka/codes.ts'`],
    ['adapters/sqlite/a.ts', `import { x } from '../../actors/card.ts'`],
    ['adapters/sqlite/a.ts', `import { x } from '../../test/support/seed.ts'`],
    ['adapters/node/a.ts', `import { x } from '../../scenarios/fraud.ts'`],
    ['actors/a.ts', `import { x } from 'node:fs'`],
    ['actors/a.ts', `import { x } from 'fast-check'`],
    ['actors/a.ts', `import { x } from '../system/partition/step.ts'`],
    ['actors/a.ts', `import { x } from '../adapters/memory/log.ts'`],
    ['scenarios/a.ts', `import { x } from '../system/partition/step.ts'`],
    ['scenarios/a.ts', `import { x } from 'xstate'`],
    ['scenarios/a.ts', `import { x } from 'node:zlib'`],
  ]
  for (const [path, text] of refused) {
    test(`${path}: ${text}`, () => assert.equal(importLaw(parseSource(path, text)).length, 1))
  }
})

describe('the import law allows', () => {
  const allowed: readonly (readonly [string, string])[] = [
    ['system/ports/a.ts', `import type { x } from '../protocol/ids.ts'`],
    ['system/authoring/a.ts', `import type { StateMachine } from 'xstate'`],
    ['system/features/a.ts', `export type { StateMachine } from 'xstate'`],
    ['adapters/sqlite/a.ts', `import { DatabaseSync } from 'node:sqlite'\nimport { x } from '../../system/ports/log.ts'`],
    ['adapters/kafkajs/a.ts', `import { x } from '../kafka-rights/rights.ts'`],
    ['adapters/node/a.ts', `import { x } from '../sqlite/log.ts'`],
    ['adapters/cli/a.ts', `import { x } from '../../scenarios/fraud.ts'`],
    ['actors/a.ts', `import { setup } from 'xstate'\nimport { defineActor } from 'statelog'\nimport { z } from 'zod'\nimport { exp } from '../system/protocol/math.ts'`],
    ['actors/a.ts', `import { defineActor } from '../adapters/node/statelog.ts'`],
    ['scenarios/a.ts', `import { card } from '../actors/card.ts'\nimport { x } from '../adapters/files/read.ts'`],
    ['test/unit/a.test.ts', `import { x } from '../../system/partition/step.ts'\nimport fc from 'fast-check'`],
  ]
  for (const [path, text] of allowed) {
    test(`${path}: ${text}`, () => assertNone(importLaw(parseSource(path, text))))
  }
})

test('a second vendor in an adapter folder is found', () => {
  const found = oneVendor([parseSource('adapters/redis/a.ts', `import 'ioredis'`), parseSource('adapters/redis/b.ts', `import 'pino'`)])
  assert.deepEqual(found.map(({ path }) => path), ['adapters/redis/b.ts'])
})

test('a barrel is found, and a file with content of its own is none', () => {
  const barrel = `export { a } from './a.ts'\nexport * from './b.ts'\n`
  assert.equal(noBarrel(parseSource('system/ports/all.ts', barrel)).length, 1)
  assert.equal(noBarrel(parseSource('adapters/node/statelog.ts', barrel)).length, 0)
  assert.equal(noBarrel(parseSource('system/ports/all.ts', `${barrel}export const c = 1\n`)).length, 0)
})

test('a cycle through a type import is found with its files', () => {
  const found = cycles([
    parseSource('system/a.ts', `import { b } from './b.ts'`),
    parseSource('system/b.ts', `import type { C } from './c.ts'`),
    parseSource('system/c.ts', `export type C = import('./a.ts').A`),
    parseSource('system/d.ts', `import { a } from './a.ts'`),
  ])
  assert.deepEqual(found.map(({ message }) => message), ['import cycle: system/a.ts -> system/b.ts -> system/c.ts -> system/a.ts'])
})

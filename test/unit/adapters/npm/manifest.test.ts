import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packageManifest } from '../../../../adapters/npm/manifest.ts'

const source = {
  name: 'statelog', version: '1.2.3', description: '', keywords: [], license: 'Apache-2.0', type: 'module', engines: { node: '>=22.22' },
  exports: { '.': './adapters/node/statelog.ts', './testing': './adapters/testing/testing.ts', './package.json': './package.json' },
  bin: { statelog: './adapters/cli/bin.js' },
  dependencies: { xstate: '5.33.3', zod: '4.6.7', unused: '1.0.0' },
}

test('entries name compiled files with their types', () => {
  const { exports, types, bin } = packageManifest(source, new Set())
  assert.deepEqual(exports, {
    '.': { types: './adapters/node/statelog.d.ts', default: './adapters/node/statelog.js' },
    './testing': { types: './adapters/testing/testing.d.ts', default: './adapters/testing/testing.js' },
    './package.json': './package.json',
  })
  assert.deepEqual([types, bin], ['./adapters/node/statelog.d.ts', { statelog: './adapters/cli/bin.js' }])
})

test('it asks for what is imported, and for XState as a peer within one minor', () => {
  const { dependencies, peerDependencies } = packageManifest(source, new Set(['xstate', 'zod', 'statelog']))
  assert.deepEqual([dependencies, peerDependencies], [{ zod: '4.6.7' }, { xstate: '~5.33.3' }])
})

test('the client of a server that not everybody has is a peer that may be missing', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = packageManifest({ ...source, dependencies: { ...source.dependencies, nats: '2.29.3' } }, new Set(['xstate', 'nats']))
  assert.deepEqual([dependencies, peerDependencies, peerDependenciesMeta], [{}, { xstate: '~5.33.3', nats: '^2.29.3' }, { nats: { optional: true } }])
})

test('what lays diagrams out is such a peer too, at the tested version alone', () => {
  const { peerDependencies, peerDependenciesMeta } = packageManifest({ ...source, dependencies: { ...source.dependencies, elkjs: '0.12.1' } }, new Set(['xstate', 'elkjs']))
  assert.deepEqual([peerDependencies, peerDependenciesMeta], [{ xstate: '~5.33.3', elkjs: '0.12.1' }, { elkjs: { optional: true } }])
})

test('an import that nobody declared is refused', () => {
  assert.throws(() => packageManifest(source, new Set(['left-out'])), /imports 'left-out'/)
})

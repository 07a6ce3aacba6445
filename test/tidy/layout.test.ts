import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { missingPages, topLevel } from './rules/layout.ts'
import { exactVersions, noHostsInLock, type Manifest } from './rules/packages.ts'
import { assertNone, listFiles, ROOT } from './source.ts'

test('the top level holds the known names only', () => assertNone(topLevel(readdirSync(ROOT))))

test('every folder with code has a page', () => {
  assertNone(missingPages(listFiles(['actors', 'system', 'adapters', 'scenarios', 'test'])))
})

test('packages have exact versions and the lock file names no host', () => {
  const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  assertNone([...exactVersions(manifest), ...noHostsInLock(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))])
})

test('a stray file at the top is found', () => {
  assert.deepEqual(topLevel(['src', 'system', '.ci', 'data']).map(({ path }) => path), ['src'])
})

test('a folder with code and no page is found; a tier has one page for all its folders', () => {
  const paths = ['system/README.md', 'system/a.ts', 'system/ports/log.ts', 'system/notes/plan.md', 'test/unit/system/a.test.ts', 'test/run.ts']
  assert.deepEqual(missingPages(paths).map(({ path }) => path), ['system/ports/README.md', 'test/unit/README.md', 'test/README.md'])
})

test('version ranges and hosts are found', () => {
  assert.equal(exactVersions({ dependencies: { a: '^1.0.0', b: '1.0.0', c: 'npm:d@1.0.0', e: 'latest' }, devDependencies: { f: '~1.2.3' } }).length, 3)
  assert.equal(noHostsInLock('{\n"resolved": "https://x/a.tgz"\n}').length, 1)
})

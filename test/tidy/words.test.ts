// Types, failures and marks: what must not be written.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { noBareError } from './rules/failures.ts'
import { noMachineText, noTestMark } from './rules/marks.ts'
import { LOOSE_FILE, noAny } from './rules/types.ts'
import { assertNone, findAll, listFiles, parseSource, readSources, ROOT } from './source.ts'

const sources = readSources()
const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json', '.npmrc', '.gitignore', 'README.md', '.ci/run']
/** These pages of rules and their tests must write what they refuse. */
const SELF = ['test/tidy/words.test.ts']

test('no any', () => assertNone(findAll(sources, noAny)))
test('no bare Error', () => assertNone(findAll(sources, noBareError)))
test('every test runs', () => assertNone(findAll(sources.filter(({ path }) => !SELF.includes(path)), noTestMark)))

test('no notes for later, no paths of one machine, no registry hosts', () => {
  const folders = listFiles(['actors', 'system', 'adapters', 'scenarios', 'test', '.ci']).filter((path) => /\.(ts|js|md|json|sh|html|css)$/.test(path) && !path.includes('/fixtures/'))
  const paths = [...SETTINGS, ...folders].filter((path) => !SELF.includes(path))
  assertNone(paths.flatMap((path) => noMachineText(path, readFileSync(join(ROOT, path), 'utf8'))))
})

test('any is found wherever it stands as a type, except in the loose file', () => {
  for (const text of ['let x: any', 'const y = z as any', 'type T = Record<string, any[]>', 'function f<T = any>() {}']) {
    assert.equal(noAny(parseSource('system/a.ts', text)).length, 1, text)
    assert.equal(noAny(parseSource(LOOSE_FILE, text)).length, 0, text)
  }
  assert.equal(noAny(parseSource('system/a.ts', 'const any = 1 // any')).length, 0)
  assert.equal(noAny(parseSource('system/a.ts', `// ${'@ts-'}ignore\nf()`)).length, 1)
})

test('a bare Error is found, thrown or made, and a named one is not', () => {
  for (const text of [`throw new Error('x')`, `throw Error('x')`, `const e = new Error('x')`]) {
    assert.equal(noBareError(parseSource('adapters/a/b.ts', text)).length, 1, text)
    assert.equal(noBareError(parseSource('test/unit/a.test.ts', text)).length, 0, text)
  }
  assert.equal(noBareError(parseSource('system/a.ts', `class Fenced extends Error {}\nthrow new Fenced('x')`)).length, 0)
})

test('narrowed and skipped tests are found', () => {
  for (const text of [`test.only('x', f)`, `it.skip('x', f)`, `describe.todo('x')`, `t.skip()`, `test('x', { skip: true }, f)`, `test('x', { only: true }, f)`]) {
    assert.equal(noTestMark(parseSource('test/unit/a.test.ts', text)).length, 1, text)
  }
  assert.equal(noTestMark(parseSource('test/unit/a.test.ts', `cursor.skip(3)\ntest('x', () => f({ skip: 3 }))`)).length, 0)
})

test('notes for later, paths of one machine and registry hosts are found', () => {
  for (const text of ['// TODO later', 'x // FIXME', `open('/home/x/y')`, `cd /${'work'}/main`, '/root/a', '/tmp/a']) {
    assert.equal(noMachineText('system/a.ts', text).length, 1, text)
  }
  assert.equal(noMachineText('.npmrc', `registry=https://registry.${'npmjs'}.org/`).length, 1)
  assert.equal(noMachineText('package-lock.json', 'https://artifactory.example.com/a.tgz').length, 1)
  for (const text of ['registry.register(x)', 'https://example.com/work/a', 'test/home/a', 'a todo list', 'node_modules/root/x']) {
    assertNone(noMachineText('system/a.ts', text))
  }
})

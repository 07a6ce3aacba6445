import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILE_LINES_MAX, fileLines, fileSize, FUNCTION_LINES_MAX, functionSize, functionsOf, quantile } from './rules/size.ts'
import { assertNone, findAll, isUnder, parseSource, readSources } from './source.ts'

const sources = readSources()

test('files fit into the limit', () => assertNone(findAll(sources, fileSize)))
test('functions fit into the limit', () => assertNone(findAll(sources, functionSize)))

test('sizes are reported', (t) => {
  const product = sources.filter(({ path }) => !isUnder(path, 'test'))
  for (const [name, group] of [['product', product], ['test', sources.filter((source) => !product.includes(source))]] as const) {
    const files = group.map(fileLines)
    const functions = group.flatMap(functionsOf).map(({ lines }) => lines)
    t.diagnostic(`${name}: ${files.length} files, lines median ${quantile(files, 0.5)} p90 ${quantile(files, 0.9)}; ${functions.length} functions, lines median ${quantile(functions, 0.5)} p90 ${quantile(functions, 0.9)}`)
  }
})

test('a file one line over the limit is found', () => {
  assert.equal(fileSize(parseSource('system/a.ts', 'x\n'.repeat(FILE_LINES_MAX))).length, 0)
  assert.equal(fileSize(parseSource('system/a.ts', 'x\n'.repeat(FILE_LINES_MAX + 1))).length, 1)
})

test('a function one line over the limit is found, whatever its form', () => {
  const body = (lines: number): string => `{\n${'x()\n'.repeat(lines - 2)}}`
  for (const head of ['function f() ', 'const f = () => ', 'const f = function () ', 'export default async function* f() ']) {
    assert.equal(functionSize(parseSource('system/a.ts', head + body(FUNCTION_LINES_MAX))).length, 0, head)
    assert.equal(functionSize(parseSource('system/a.ts', head + body(FUNCTION_LINES_MAX + 1))).length, 1, head)
  }
  for (const head of ['m() ', 'get m() ', 'constructor() ', 'static async m() ']) {
    assert.equal(functionSize(parseSource('system/a.ts', `class A {\n${head}${body(FUNCTION_LINES_MAX + 1)}\n}`)).length, 1, head)
  }
})

test('a callback that groups tests is no function to read', () => {
  const text = `describe('x', () => {\n${'x()\n'.repeat(FUNCTION_LINES_MAX)}})`
  assert.equal(functionSize(parseSource('test/unit/a.test.ts', text)).length, 0)
  assert.equal(functionSize(parseSource('system/a.ts', text)).length, 1)
})

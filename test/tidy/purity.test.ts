import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { purity } from './rules/purity.ts'
import { assertNone, findAll, parseSource, readSources } from './source.ts'

test('system/ and actors/ read no clock, draw no chance and compute the same everywhere', () => {
  assertNone(findAll(readSources(), purity))
})

describe('impure', () => {
  const impure = [
    'Date.now()', 'new Date()', 'new Date', 'Date()', 'const now = Date.now', 'performance.now()', 'setTimeout(f, 1)', 'setInterval(f, 1)', 'setImmediate(f)', 'const later = setTimeout',
    'Math.random()', 'Math.exp(1)', 'Math.log2(8)', 'Math.hypot(3, 4)', 'Math.cbrt(8)', `Math['sin'](1)`, 'const { pow } = Math', 'const m = Math',
    '2 ** 3', 'x **= 2', 'crypto.randomUUID()', 'globalThis.Date', 'process.env', 'Buffer.from("")', 'console.log(1)', 'const o = { process }',
    'Intl.NumberFormat', 'x.toLocaleString()', 'a.localeCompare(b)', 'date.getHours()', 'date.setMonth(1)', 'date.getTimezoneOffset()',
  ]
  for (const text of impure) {
    test(text, () => {
      assert.notEqual(purity(parseSource('system/a.ts', text)).length, 0)
      assert.notEqual(purity(parseSource('actors/a.ts', text)).length, 0)
      assert.equal(purity(parseSource('adapters/clock/a.ts', text)).length, 0)
    })
  }
})

describe('pure', () => {
  const pure = [
    'Math.floor(1.5) + Math.sqrt(2) * Math.PI', 'new Date(atMs).getUTCHours()', 'Date.UTC(2018, 3, 1)', 'const type: Date = parse(x)', 'clock.performance', 'type T = { process: string }',
    'function f(process: number) { return process }', 'port.setTimeout(1)', 'const o = { console: 1 }', '// Math.random() and 2 ** 3', `'Date.now()'`,
  ]
  for (const text of pure) {
    test(text, () => assertNone(purity(parseSource('system/a.ts', text))))
  }
})

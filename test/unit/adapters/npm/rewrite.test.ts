import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packagesIn, rewritten } from '../../../../adapters/npm/rewrite.ts'

test('declarations name compiled files', () => {
  const text = `import type { A } from './a.ts';\nexport declare const b: import("../b/c.ts").C;\nexport { d } from 'xstate';\n`
  assert.equal(rewritten('system/x.d.ts', text), `import type { A } from './a.js';\nexport declare const b: import("../b/c.js").C;\nexport { d } from 'xstate';\n`)
})

test('the entry of a thread is the compiled file', () => {
  assert.equal(rewritten('a.js', `new Worker(new URL('./thread.ts', import.meta.url), {})`), `new Worker(new URL('./thread.js', import.meta.url), {})`)
})

test('any other name of a TypeScript file is refused with the cure', () => {
  assert.throws(() => rewritten('adapters/a.js', `load('./thread.ts')`), /adapters\/a\.js still names '\.\/thread\.ts'[^]*new URL/)
  assert.equal(rewritten('a.js', `example: 'run actors/fraud.system.ts'`), `example: 'run actors/fraud.system.ts'`)
})

test('imported packages are found in every form of import, and nowhere else', () => {
  const text = [
    `import { a } from 'xstate'`, `import * as z from 'zod/v4'`, `import '@scope/side/effect'`, `export { b } from "other"`, `import {\n  c,\n} from 'several'`, `const d = await import('dynamic')`,
    `import e from './own.js'`, `import { f } from 'node:fs'`, `export const g = 'text'`, `flags.time('from') ?? flags.time('to')`, `// example: import h from 'comment'`,
  ].join('\n')
  assert.deepEqual(packagesIn(text), ['xstate', 'zod', '@scope/side', 'other', 'several', 'dynamic'])
})

test('a package that is looked up to load some of its files is one that is imported', () => {
  assert.deepEqual(packagesIn(`const entry = import.meta.resolve('@scope/found/part.js')`), ['@scope/found'])
  assert.deepEqual(packagesIn(`const own = import.meta.resolve('./file.js')`), [])
})

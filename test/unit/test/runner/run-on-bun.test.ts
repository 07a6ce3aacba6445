import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestResult } from '../../../runner/result.ts'
import { BunReport } from '../../../runner/run-on-bun.ts'

function read(text: string, code: number): TestResult[] {
  const results: TestResult[] = []
  const report = new BunReport({ result: (result) => results.push(result), output: () => undefined })
  for (const line of text.split('\n')) report.line(line)
  report.end({ kind: 'exit', code })
  return results
}

test('results carry their file and names keep brackets', () => {
  assert.deepEqual(read('a/x.test.ts:\n(pass) grp > one [fast] [0.99ms]\n\nb.test.ts:\n(skip) two', 0), [
    { file: 'a/x.test.ts', name: 'grp > one [fast]', outcome: 'passed', message: '' },
    { file: 'b.test.ts', name: 'two', outcome: 'skipped', message: '' },
  ])
})

test('the lines before a failed test are its reason', () => {
  assert.deepEqual(read('a.test.ts:\n(pass) one [1ms]\nAssertionError: no\n(fail) two [2ms]', 1)[1], { file: 'a.test.ts', name: 'two', outcome: 'failed', message: 'AssertionError: no' })
})

test('a file that does not load is a failure', () => {
  assert.deepEqual(read('a.test.ts:\n\n# Unhandled error between tests\n---\nTypeError: load\n---\n\nb.test.ts:\n(pass) one', 1), [
    { file: 'a.test.ts', name: '(outside of tests)', outcome: 'failed', message: '---\nTypeError: load\n---' },
    { file: 'b.test.ts', name: 'one', outcome: 'passed', message: '' },
  ])
})

test('a bad exit without a failed test is a failure', () => {
  assert.deepEqual(read('a.test.ts:\n(pass) one', 132).map((result) => result.outcome), ['passed', 'failed'])
})

test('the list of failed tests at the end is not counted again', () => {
  assert.equal(read('a.test.ts:\nno\n(fail) two [2ms]\n\n1 tests failed:\n(fail) two [2ms]\n\n 0 pass', 1).length, 1)
})

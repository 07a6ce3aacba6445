import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureLines, skipLines, tableLines, totalLine } from '../../../runner/report.ts'
import { filesWithoutTests, type TestResult } from '../../../runner/result.ts'
import { complaints, type TierReport } from '../../../runner/run-tier.ts'

const passed: TestResult = { file: 'test/unit/a.test.ts', name: 'one', outcome: 'passed', message: '' }

function reportOf(results: readonly TestResult[], seconds = 1): TierReport {
  return { tier: { name: 'unit', budgetSeconds: 30, runtimes: 'node', printsOutput: false }, passes: [{ runtime: 'node', results, seconds }], seconds }
}

test('a tier at its budget is fine and one over it is not', () => {
  assert.deepEqual(complaints(reportOf([passed], 30), true), [])
  assert.deepEqual(complaints(reportOf([passed], 30.1), true), ['unit: took 30.1 s, its budget is 30 s'])
})

test('a skipped test is a complaint under CI only', () => {
  const report = reportOf([{ ...passed, outcome: 'skipped' }])
  assert.deepEqual([complaints(report, false).length, complaints(report, true).length], [0, 1])
})

test('a tier without a runtime is a complaint', () => {
  assert.equal(complaints({ ...reportOf([]), passes: [] }, false).length, 1)
})

test('a file that ran no test is a failure', () => {
  assert.deepEqual(filesWithoutTests(['test/unit/a.test.ts', 'b.test.ts'], [passed]).map((result) => result.file), ['b.test.ts'])
})

test('a failure names file, test, reason and the command that repeats it', () => {
  const text = failureLines({ runtime: 'bun', results: [{ ...passed, outcome: 'failed', message: 'no' }], seconds: 1 }).join('\n')
  assert.equal(text, '\nFAILED on bun: test/unit/a.test.ts > one\n    no\n    again: npm test -- test/unit/a.test.ts --bun')
})

test('why tests were skipped is said once for each reason', () => {
  const skipped: TestResult = { ...passed, outcome: 'skipped', message: 'no broker: install one' }
  assert.deepEqual(skipLines({ runtime: 'node', results: [passed, skipped, skipped], seconds: 1 }), ['  2 skipped: no broker: install one'])
})

test('the last line sums up tests and complaints', () => {
  assert.equal(totalLine([reportOf([passed]), reportOf([passed])], 1), '2 passed, 1 failed, 0 skipped')
  assert.equal(tableLines([reportOf([passed])]).length, 2)
})

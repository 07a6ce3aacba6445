// The fraud scenario on real input: every published feature value, and the same decisions however the input was cut or delayed.
// Without the real files the same facts are shown on generated payments, and that is said.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { prepareFraud } from '../../scenarios/fraud.ts'
import { decide } from '../support/fraud/orders.ts'
import type { Decided, HoldBack } from '../support/fraud/orders.ts'
import { head, realFiles } from '../support/fraud/files.ts'

const TRANSACTIONS = 60_000
const main = join(import.meta.dirname, '..', '..', 'adapters', 'cli', 'main.ts')

async function statelog(args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [...process.execArgv.filter((arg) => arg.startsWith('--disable-warning')), main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, out }
}

test('all transactions are decided, and every published feature value is reproduced', async (context) => {
  const files = realFiles()
  const folder = mkdtempSync(join(tmpdir(), 'statelog-fraud-'))
  const input = files === undefined ? ['--events', '100000', '--order', 'eventTime'] : ['--data', files.transactions, '--expect', files.features]
  if (files === undefined) context.diagnostic('no real files here (STATELOG_DATA): generated payments instead')
  const { code, out } = await statelog(['run', 'fraud', '--folder', folder, '--fresh', ...input])
  context.diagnostic(out.split('\n').filter((line) => line.trim() !== '' && !/^(\d+ min )?[\d.]+ s:/.test(line)).join(' | '))
  rmSync(folder, { recursive: true, force: true })
  assert.equal(code, 0, out)
  if (files !== undefined) assert.match(out, /67,240 rows compared.*all equal/)
})

test('batches of 1, 7 and 500, and a card partition held back for five seconds, give the same decisions', async (context) => {
  const files = realFiles()
  const folder = mkdtempSync(join(tmpdir(), 'statelog-fraud-'))
  const data = files === undefined ? undefined : join(folder, 'first.csv')
  if (files !== undefined && data !== undefined) await head(files.transactions, TRANSACTIONS, data)
  const run = async (batchRecordsMax: number, hold?: HoldBack): Promise<Decided> => {
    const prepared = await prepareFraud({ seed: 7, data, events: TRANSACTIONS, flags: new Map([['order', 'eventTime'], ['label-delay', '1d']]) })
    return decide(prepared.system, prepared.feed(), { batchRecordsMax, commitWaitMs: 0 }, hold)
  }
  const whole = await run(500)
  assert.equal(whole.decisions, TRANSACTIONS)
  for (const size of [7, 1]) assert.deepEqual((await run(size)).outputs, whole.outputs, `batches of ${size}`)
  const late = await run(500, { group: 'fraud.card', partition: 2, topic: 'transactions', afterOffset: 7000, ms: 5000 })
  assert.ok(late.heldMs >= 4900, `held back for ${late.heldMs} ms`)
  assert.deepEqual(late.outputs, whole.outputs)
  context.diagnostic(`${whole.decisions} decisions at ${whole.outputs.size} terminals, the same four times; held back for ${Math.round(late.heldMs)} ms`)
  rmSync(folder, { recursive: true, force: true })
})

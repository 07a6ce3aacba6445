import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { addLine, isDone, printed, readTable } from '../../../campaign/table.ts'
import type { RunLine } from '../../../campaign/table.ts'

const LINE: RunLine = {
  seed: 1, client: 'platformatic', brokers: 1, runtimes: ['node', 'bun'], startedAt: '2020-01-01T00:00:00.000Z', faultSeconds: 60, seconds: 90, inputs: 1000, keys: 400, outputs: 2000, answers: 30, judged: {},
  killsByPoint: { 'after-poll': 2, random: 10 }, zombiesBySeconds: { '4': 1 }, brokerKills: 0, redisFaults: { flushed: 1 },
  recoveriesMs: { kill: [100, 200], zombie: [], broker: [] }, unfinishedRecoveries: 0, violations: {},
}

function withTable(run: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-table-'))
  try {
    run(join(folder, 'table.jsonl'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The numbers of a printed row, by its name. */
const rowOf = (text: string, name: string): readonly string[] => text.split('\n').find((line) => line.startsWith(name))?.slice(name.length).trim().split(/ +/) ?? []

test('what is printed is the sum over all lines, whoever wrote them', () => withTable((file) => {
  addLine(file, LINE)
  addLine(file, { ...LINE, seed: 2, inputs: 2000, killsByPoint: { 'after-poll': 1, folding: 4 }, recoveriesMs: { kill: [300], zombie: [5], broker: [] }, violations: { I2: 3 } })
  addLine(file, { ...LINE, seed: 1, brokers: 3, brokerKills: 5 })
  const text = printed(readTable(file))
  assert.deepEqual(rowOf(text, 'platformatic, 1 broker '), ['2', '3,000', '4,000', '60', '17', '8.5', '2', '0', '2', '3'])
  assert.deepEqual(rowOf(text, 'platformatic, 3 brokers'), ['1', '1,000', '2,000', '30', '12', '12', '1', '5', '1', '0'])
  assert.deepEqual(rowOf(text, 'all'), ['3', '4,000', '6,000', '90', '29', '9.7', '3', '5', '3', '3'])
  assert.match(text, /kills by point: after-poll 5, folding 4, random 20\n/)
  assert.match(text, /recovery after kill: 5 times, median 200 ms, p99 300 ms, longest 300 ms/)
  assert.match(text, /violations: I2 3$/)
}))

test('a seed is done for the client and the number of brokers of its line', () => withTable((file) => {
  assert.equal(isDone(readTable(file), LINE), false)
  addLine(file, LINE)
  assert.equal(isDone(readTable(file), LINE), true)
  assert.equal(isDone(readTable(file), { ...LINE, client: 'kafkajs' }), false)
  assert.equal(isDone(readTable(file), { ...LINE, brokers: 3 }), false)
  assert.equal(isDone(readTable(file), { ...LINE, seed: 2 }), false)
}))

test('T1: a line that was cut short counts for nothing, is said, and spoils no other', () => withTable((file) => {
  addLine(file, LINE)
  appendFileSync(file, JSON.stringify({ ...LINE, seed: 2 }).slice(0, -20))
  addLine(file, { ...LINE, seed: 3 })
  assert.equal(readFileSync(file, 'utf8').split('\n').length, 4)
  const table = readTable(file)
  assert.deepEqual(table.lines.map(({ seed }) => seed), [1, 3])
  assert.match(printed(table), /1 line is no run and is not counted$/)
}))

test('a table of nothing prints no runs', () => withTable((file) => {
  writeFileSync(file, '')
  assert.match(printed(readTable(file)), /violations: none$/)
}))

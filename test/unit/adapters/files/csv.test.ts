import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readCsv } from '../../../../adapters/files/csv.ts'
import type { CsvRow } from '../../../../adapters/files/csv.ts'
import { FileProblem } from '../../../../adapters/files/failure.ts'
import { readLines } from '../../../../adapters/files/lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'statelog-files-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0

function fileOf(content: string | Uint8Array): string {
  const file = join(folder, `${++files}.csv`)
  writeFileSync(file, content)
  return file
}

async function rowsOf(content: string | Uint8Array, columns: readonly string[]): Promise<CsvRow[]> {
  const all: CsvRow[] = []
  for await (const rows of readCsv(fileOf(content), columns)) all.push(...rows)
  return all
}

async function refused(read: () => unknown, reason: RegExp): Promise<void> {
  await assert.rejects(async () => { await read() }, (problem) => problem instanceof FileProblem && reason.test(problem.message))
}

test('columns are found by name, whatever their order, line ends and byte order mark', async () => {
  const rows = await rowsOf('\ufeffb,a,c\r\n1,x,9\r\n\r\n2,"y, ""z""",9\r\n', ['a', 'b'])
  assert.deepEqual(rows.map((row) => [row.text('a'), row.number('b'), row.line]), [['x', 1, 2], ['y, "z"', 2, 4]])
})

test('gzip is known by its bytes, and a file much larger than a chunk keeps every line', async () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `${i},${'é'.repeat(i % 17)}x`)
  const rows = await rowsOf(gzipSync(`n,t\n${lines.join('\n')}`), ['n', 't'])
  assert.equal(rows.length, lines.length)
  rows.forEach((row, i) => assert.equal(`${row.number('n')},${row.text('t')}`, lines[i]))
})

test('times are UTC, with T or a blank, with or without Z and fraction', async () => {
  const rows = await rowsOf('t\n2018-04-01T00:00:31Z\n2018-04-01 00:00:31\n2018-04-01 00:00:31.250\n', ['t'])
  const timeMs = Date.UTC(2018, 3, 1, 0, 0, 31)
  assert.deepEqual(rows.map((row) => row.time('t')), [timeMs, timeMs, timeMs + 250])
})

test('what is no number, time or allowed text is told with file, line and column', async () => {
  const [row] = await rowsOf('amount,time,flag,none\nabc,2018-02-30T00:00:00Z,2,\n', ['amount', 'time', 'flag', 'none'])
  assert.ok(row !== undefined)
  await refused(() => row.number('amount'), /\d+\.csv:2: amount is 'abc', expected a number$/)
  await refused(() => row.time('time'), /:2: time is '2018-02-30T00:00:00Z', expected a UTC time/)
  await refused(() => row.oneOf('flag', ['0', '1']), /:2: flag is '2', expected 0 or 1$/)
  await refused(() => row.text('none'), /:2: none is empty$/)
})

test('a missing column is told with those that are there; an empty file too', async () => {
  await refused(() => rowsOf('a,b\n1,2\n', ['a', 'c', 'd']), /:1: the header has no column c, d; it has a, b$/)
  await refused(() => rowsOf('', ['a']), /is empty, expected a header line with a$/)
})

test('a row of another width and an open quote are told with their line', async () => {
  await refused(() => rowsOf('a,b\n1,2\n1,2,3\n', ['a']), /:3: has 3 fields, the header has 2$/)
  await refused(() => rowsOf('a,b\n"1,2\n', ['a']), /:2: a quote does not end on this line$/)
})

test('a file that is not there, is a folder, or is cut off says so', async () => {
  const read = async (file: string): Promise<void> => { for await (const lines of readLines(file)) assert.ok(lines.length >= 0) }
  await refused(() => read(join(folder, 'none.csv')), /none\.csv: there is no such file$/)
  await refused(() => read(folder), /is a folder, not a file$/)
  const whole = gzipSync(Array.from({ length: 5000 }, (_, i) => String(i * 7919)).join('\n'))
  await refused(() => read(fileOf(whole.subarray(0, whole.length / 2))), /is damaged or cut off/)
})

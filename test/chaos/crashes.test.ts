// An input that ends its process is found and dead-lettered, an entity that recovery cannot fold is parked; everything else is complete.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { RUNTIMES } from '../support/cli.ts'
import type { CrashTask } from '../support/crash/child.ts'
import { expectedSums, feed, look, parkedAccounts, untilDone } from '../support/crash/run.ts'
import type { Deed } from '../support/crash/system.ts'

const PARTITIONS = 20
/** Its heap can be bounded; this tier runs on Node. */
const NODE = process.execPath
const TIME_MS = 1_700_000_000_000

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-crash-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'data')
}

/** `count` deeds of 60 accounts, with the special ones in their midst. */
function deedsWith(count: number, special: ReadonlyMap<number, Pick<Deed, 'type' | 'account'>>): readonly Deed[] {
  return Array.from({ length: count }, (_, at): Deed => ({ type: 'add', account: `a${at % 60}`, n: (at * 7) % 11, time: TIME_MS + at, ...special.get(at) }))
}

/** A full replay does not run what ended the process, and comes to the same outputs and states. */
async function assertVerifies(runtime: string, task: CrashTask): Promise<void> {
  const { starts, said } = await untilDone(runtime, task)
  assert.deepEqual([starts, said.filter((line) => !line.endsWith('"wrong":[]}'))], [1, []])
}

const sorted = (map: ReadonlyMap<string, readonly string[]>): object => Object.fromEntries([...map].sort())

for (const runtime of RUNTIMES) {
  test(`one input that ends the process costs itself and nothing else (${basename(runtime)})`, { timeout: 120_000 }, async (t) => {
    const folder = folderOf(t)
    const deeds = deedsWith(2000, new Map([[700, { type: 'boom', account: 'a7' }]]))
    await feed(folder, PARTITIONS, deeds)
    const { starts, said } = await untilDone(runtime, { folder, partitions: PARTITIONS, deadly: ['boom'], end: 'stop' })
    const { letters, sums, parked, kinds } = await look(folder, PARTITIONS)
    assert.deepEqual(letters.map((letter) => [letter.class, letter.entity, letter.directive]), [['crash', 'a7', 'skip']], said.join('\n'))
    assert.deepEqual(sorted(sums), sorted(expectedSums(deeds, ({ type }) => type === 'boom')))
    assert.equal(parked.length, 0)
    assert.ok(starts <= 6, `${starts - 1} restarts`)
    await assertVerifies(runtime, { folder, partitions: PARTITIONS, deadly: ['boom'], end: 'verify' })
    console.log(`${basename(runtime)}: dead-lettered after ${starts - 1} restarts; ${kinds.filter((kind) => kind === 'suspect').length} suspects named in ${kinds.length} commits of ${PARTITIONS} partitions`)
  })
}

test('two inputs of different partitions that end the process are both found', { timeout: 120_000 }, async (t) => {
  const folder = folderOf(t)
  const deeds = deedsWith(600, new Map([[100, { type: 'boom', account: 'a7' }], [130, { type: 'boom', account: 'a8' }]]))
  await feed(folder, 4, deeds)
  await untilDone(process.execPath, { folder, partitions: 4, deadly: ['boom'], end: 'stop' })
  const { letters, sums } = await look(folder, 4)
  assert.deepEqual(letters.map((letter) => `${letter.class} ${letter.entity}`).sort(), ['crash a7', 'crash a8'])
  assert.deepEqual(sorted(sums), sorted(expectedSums(deeds, ({ type }) => type === 'boom')))
})

test('an input that takes all memory of its process is found like any other', { timeout: 120_000 }, async (t) => {
  const folder = folderOf(t)
  const deeds = deedsWith(300, new Map([[100, { type: 'hog', account: 'a7' }]]))
  await feed(folder, 4, deeds)
  await untilDone(NODE, { folder, partitions: 4, deadly: [], end: 'stop' }, ['--max-old-space-size=120'])
  const { letters, sums } = await look(folder, 4)
  assert.deepEqual(letters.map((letter) => `${letter.class} ${letter.entity}`), ['crash a7'])
  assert.deepEqual(sorted(sums), sorted(expectedSums(deeds, ({ type }) => type === 'hog')))
})

test('an input that recovery cannot fold parks its entity, with its events since its last stored state; the rest goes on', { timeout: 120_000 }, async (t) => {
  const folder = folderOf(t)
  const before = deedsWith(900, new Map([[400, { type: 'trap', account: 'a7' }]]))
  await feed(folder, PARTITIONS, before)
  assert.equal((await untilDone(process.execPath, { folder, partitions: PARTITIONS, deadly: [], end: 'die' })).starts, 1)
  const after = deedsWith(600, new Map())
  await feed(folder, PARTITIONS, after)
  const { starts, said } = await untilDone(process.execPath, { folder, partitions: PARTITIONS, deadly: ['trap'], end: 'stop' })
  const { letters, parked, sums } = await look(folder, PARTITIONS)
  assert.deepEqual(letters.map((letter) => [letter.class, letter.entity, letter.directive]), [['crash', 'a7', 'park']], said.join('\n'))
  const own = [...before, ...after].filter(({ account }) => account === 'a7')
  const refolded = before.filter(({ account }) => account === 'a7').length
  assert.deepEqual(parked.map(({ key, refold }) => `${key} ${refold}`), own.map((_, at) => `a7 ${at < refolded}`))
  assert.deepEqual(parked.map(({ offset }) => offset), [...parked].sort((p, q) => p.offset - q.offset).map(({ offset }) => offset))
  const expected = new Map(expectedSums([...before, ...after]))
  expected.set('a7', expectedSums(before).get('a7') ?? [])
  assert.deepEqual(sorted(sums), sorted(expected), 'outputs of the parked account stand as they were committed')
  assert.ok(starts <= 5, `${starts - 1} restarts`)
  const told = await parkedAccounts(folder, PARTITIONS)
  assert.deepEqual(told.map(({ id, class: failureClass, events, refold, cause }) => [id, failureClass, events, refold, cause?.info.stage]), [['a7', 'crash', own.length, refolded, 'recovery']])
  console.log(`parked after ${starts - 1} restarts, the crash of the first run not counted; ${refolded} inputs to fold again, ${own.length - refolded} put aside since`)
  // Once more, in good health: what is parked stays parked, nothing is done twice.
  assert.equal((await untilDone(process.execPath, { folder, partitions: PARTITIONS, deadly: ['trap'], end: 'stop' })).starts, 1)
  const again = await look(folder, PARTITIONS)
  assert.deepEqual([again.letters.length, again.parked.length, sorted(again.sums)], [1, own.length, sorted(expected)])
  await assertVerifies(process.execPath, { folder, partitions: PARTITIONS, deadly: ['trap'], end: 'verify' })
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareFraud } from '../../../scenarios/fraud.ts'
import type { FraudRun } from '../../../scenarios/fraud.ts'
import { scenarios } from '../../../scenarios/registry.ts'
import { allOf, readerOf, START_MS } from './fraud/story.ts'

const folder = mkdtempSync(join(tmpdir(), 'statelog-fraud-'))
after(() => rmSync(folder, { recursive: true }))

const HEADER = 'TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,TX_FRAUD_SCENARIO\n'

function fileOf(name: string, content: string): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

function prepared(given: { readonly data?: string; readonly events?: number; readonly flags?: Record<string, string> }): Promise<FraudRun> {
  return prepareFraud({ seed: 1, data: given.data, events: given.events, flags: new Map(Object.entries(given.flags ?? {})) })
}

const orderOf = (run: FraudRun): string | undefined => run.system.actors.find(({ name }) => name === 'terminal')?.order

test('the scenario is known by its name', async () => {
  assert.equal((await scenarios.get('fraud')?.())?.name, 'fraud')
})

test('generated payments run in order of arrival, files in order of event time, unless told otherwise', async () => {
  const data = fileOf('two.csv', `${HEADER}0,2018-04-01T00:00:31Z,596,3156,57.16,0,0\n1,2018-04-01T00:02:10Z,4961,3412,81.51,1,1\n`)
  assert.equal(orderOf(await prepared({ events: 10 })), 'arrival')
  assert.equal(orderOf(await prepared({ data })), 'eventTime')
  assert.equal(orderOf(await prepared({ data, flags: { order: 'arrival' } })), 'arrival')
  assert.match((await prepared({ data })).about, /payments of .*two\.csv; labels after 7d; terminals in order of event time/)
})

test('a file becomes transactions and labels, and the total is what is fed', async () => {
  const data = fileOf('three.csv', `${HEADER}0,2018-04-01T00:00:31Z,596,3156,57.16,0,0\n1,2018-04-01T00:02:10Z,4961,3412,81.51,1,1\n2,2018-04-01T00:03:00Z,4961,3412,1,0,0\n`)
  const run = await prepared({ data, flags: { 'label-delay': '60s' } })
  const events = (await allOf(run.feed())).filter((item) => 'event' in item)
  assert.equal(run.total, 4)
  assert.deepEqual(events.map(({ topic, key, timeMs }) => [topic, key, timeMs - Date.UTC(2018, 3, 1)]), [
    ['transactions', '596', 31_000], ['labels', '3156', 91_000], ['transactions', '4961', 130_000], ['transactions', '4961', 180_000],
  ])
})

test('what is wrong with a file or a flag is told before anything runs', async () => {
  const unsorted = fileOf('unsorted.csv', `${HEADER}0,2018-04-01T00:00:31Z,596,3156,57.16,0,0\n1,2018-04-01T00:00:30Z,4961,3412,81.51,1,1\n`)
  await assert.rejects(prepared({ data: unsorted }), /unsorted\.csv:3: TX_DATETIME is before the row above it; sort the file by time/)
  const other = fileOf('other.csv', 'id,amount\n1,2\n')
  await assert.rejects(prepared({ data: other }), /other\.csv:1: the header has no column TRANSACTION_ID, .*; it has id, amount/)
  await assert.rejects(prepared({ events: 1, flags: { order: 'random' } }), /--order is 'random', expected arrival or eventTime/)
  await assert.rejects(prepared({ events: 1, flags: { bad: '2' } }), /--bad is '2'/)
  await assert.rejects(prepared({ events: 1, flags: { 'label-delay': 'soon' } }), /'soon' is no duration/)
})

const decision = (transactionId: string, kind: string, amount: number, timeMs = START_MS): Record<string, unknown> =>
  ({ type: 'decision', time: timeMs, transactionId, cardId: '7', terminalId: 'a', amount, decision: kind, score: 0.5, model: { name: 'fraud', version: 1, hash: '0123456789abcdef' } })

test('the conclusion counts decisions, and judges those whose truth is known', async () => {
  const data = fileOf('known.csv', `${HEADER}${[0, 1, 2, 3, 4].map((i) => `t${i},2025-01-06T00:00:0${i}Z,7,a,100,${i % 2},0`).join('\n')}\n`)
  const run = await prepared({ data, flags: { 'label-delay': '1s' } })
  await allOf(run.feed())
  const kinds = ['approve', 'decline', 'review', 'approve', 'decline']
  const lines = await run.conclude!(readerOf({
    decisions: kinds.map((kind, i) => decision(`t${i}`, kind, 100, START_MS + i * 1000)),
    alerts: [{ type: 'card.blocked', cardId: '7', score: 0.9 }, { type: 'card.unblocked', cardId: '7' }],
  }))
  const text = lines.join('\n')
  assert.match(text, /5 transactions and 4 labels, 2025-01-06 to 2025-01-06, terminals in order of event time/)
  assert.match(text, /5 decisions by model fraud v1 \(01234567\): 2 approve · 1 review · 2 decline/)
  assert.match(text, /1 of 2 frauds = 50\.0 %, 100 of 200 in money; 50\.0 % of what was stopped was fraud \(4 transactions have a label\)/)
  assert.match(text, /cards blocked 1 times and released 1 times .* card 7/)
  assert.ok(run.tryNext.includes('statelog get card 7'))
})

const COLUMNS = ['WEEKEND', 'NIGHT']
const PUBLISHED = ['TRANSACTION_ID', ...COLUMNS.map((name) => `TX_DURING_${name}`), ...[1, 7, 30].flatMap((d) => [`CUSTOMER_ID_NB_TX_${d}DAY_WINDOW`, `CUSTOMER_ID_AVG_AMOUNT_${d}DAY_WINDOW`]),
  ...[1, 7, 30].flatMap((d) => [`TERMINAL_ID_NB_TX_${d}DAY_WINDOW`, `TERMINAL_ID_RISK_${d}DAY_WINDOW`])].join(',')
const FEATURES = {
  weekend: 0, night: 1, cardCount1d: 2, cardMean1d: 29, cardCount7d: 24, cardMean7d: 29.2, cardCount30d: 105, cardMean30d: 30.1,
  terminalCount1d: 1, terminalRisk1d: 0, terminalCount7d: 10, terminalRisk7d: 0.1, terminalCount30d: 32, terminalRisk30d: 0.25,
}

test('features are compared with published ones, column by column, and every difference is found', async () => {
  const row = (id: string): string => `${id},${Object.values(FEATURES).join(',')}\n`
  const file = fileOf('features.csv', `${PUBLISHED}\n${row('t0')}${row('t1')}${row('t2')}${row('t3')}`)
  const run = await prepared({ events: 1 })
  const output = (transactionId: string, features: object): Record<string, unknown> => ({ type: 'decision', transactionId, features })
  const same = ['t0', 't1', 't2', 't3', 'unknown'].map((id) => output(id, FEATURES))
  const equal = await run.expect!(file, readerOf({ decisions: same }))
  assert.deepEqual([equal.compared, equal.different, equal.examples], [4, 0, []])
  assert.match(equal.summary, /14 features of 4 rows compared with .*features\.csv: all equal/)

  const near = { ...FEATURES, cardMean1d: 29 + 2e-8, terminalRisk7d: 0.1 + 1e-10 }
  const found = await run.expect!(file, readerOf({ decisions: [output('t0', near), output('t1', { ...FEATURES, terminalRisk30d: 0.26, night: undefined }), output('t2', FEATURES), output('t2', FEATURES)] }))
  assert.deepEqual([found.compared, found.different], [4, 3])
  assert.deepEqual(found.examples, [
    'transaction t1: TX_DURING_NIGHT is undefined, published is 1',
    'transaction t1: TERMINAL_ID_RISK_30DAY_WINDOW is 0.26, published is 0.25',
    'transaction t2: has more than one decision',
    'transaction t3: has no decision',
  ])
})

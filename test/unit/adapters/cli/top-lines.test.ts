import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlowMeter } from '../../../../adapters/cli/flow-meter.ts'
import { painter } from '../../../../adapters/cli/io.ts'
import { topLine, topTable } from '../../../../adapters/cli/top-lines.ts'
import type { FlowDocument, PartitionRow } from '../../../../system/gateway/flow-document.ts'

const paint = painter(false)
const row = (more: Partial<PartitionRow> = {}): PartitionRow => ({ state: 'live', reason: '', owner: '0123456789abcdef', epoch: 1, seq: 9, lag: { sources: 20, inbox: 1 }, entities: 6, parked: 0, commitMs: { p50: 6, p99: 19.4 }, inputs: 0, deadLetters: 0, ...more })

function document(inputs: number, more: Readonly<Record<string, PartitionRow>> = {}, occupancy: Readonly<Record<string, number>> = { normal: 5, coolingOff: 1 }): FlowDocument {
  return {
    at: Date.UTC(2026, 0, 2, 3, 4, 5, 678), system: 'fraud',
    types: { card: { entities: 6, parked: 0, occupancy, taken: { 'card.normal:fraud:0': inputs / 2 }, refused: { schema: 2 }, refusedIn: {}, inputs, outputs: inputs * 2, deadLetters: 2, drops: 0, decisions: 0, latencyMs: {}, partitions: { 0: row({ inputs, deadLetters: 2 }), ...more } } },
  }
}

test('the table has every partition, its rates, and the states of its type', () => {
  const meter = new FlowMeter()
  meter.mark(0, document(100))
  meter.mark(1000, document(500))
  const lines = topTable({ document: document(500, { 1: row({ state: 'silent', reason: 'no answer within 1000 ms', inputs: 0 }) }), meter, trouble: '' }, paint)
  assert.deepEqual(lines, [
    'fraud · 2026-01-02T03:04:05Z · 1 of 2 partitions live · 400 in/s · 800 out/s · lag 42 · commit p99 19 ms · dead letters 2',
    '',
    'TYPE  PARTITION  STATE   OWNER     LAG  IN/S  ENTITIES  PARKED  DEAD  COMMIT P50  P99    WATERMARK',
    'card  0          live    0123456…  21   400   6         0       2     6.0 ms      19 ms',
    'card  1          silent  0123456…  21   0     6         0       0     6.0 ms      19 ms  no answer within 1000 ms',
    '',
    'card  6 entities: normal 5 · cooling off 1',
    '  taken/s  card.normal:fraud:0 200',
    '  dead letters  schema 2',
  ])
})

test('a line for logs says the same in short', () => {
  assert.equal(topLine({ document: document(500), meter: new FlowMeter(), trouble: 'asking again' }), 'fraud · 2026-01-02T03:04:05Z · 1 of 1 partitions live · 0 in/s · 0 out/s · lag 21 · commit p99 19 ms · dead letters 2  card: normal 5 · cooling off 1  asking again')
})

test('where not all partitions have room, those that are not live come first, and the number of lines is kept', () => {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [n, row(n === 59 ? { state: 'failed', reason: 'history gone' } : {})]))
  const lines = topTable({ document: document(1, many), meter: new FlowMeter(), trouble: 'the server has ended' }, paint, 23)
  assert.equal(lines.length, 23)
  assert.match(lines[4] ?? '', /^card {2}59 +failed/)
  assert.ok(lines.some((text) => /^and \d+ more$/.test(text)), lines.join('\n'))
})

test('hostile names steer no terminal', () => {
  const lines = topTable({ document: document(1, {}, { '\u001b[2J\u202e': 3, ['x'.repeat(500)]: 1 }), meter: new FlowMeter(), trouble: '' }, paint)
  assert.doesNotMatch(lines.join(''), /[\u001b\u202e]|x{100}/)
})

test('rates are those of the newest seconds; another server counts anew', () => {
  const meter = new FlowMeter()
  for (let second = 0; second <= 10; second += 1) meter.mark(second * 1000, document(second < 7 ? 0 : (second - 7) * 300))
  assert.equal(Math.round(meter.rates('card').inputs), 300)
  meter.forget()
  meter.mark(11_000, document(5))
  assert.deepEqual([meter.rates('card').inputs, meter.rates('nothing').inputs], [0, 0])
})

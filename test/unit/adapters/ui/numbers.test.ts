// What the page works out of counts: rates, occupancy by state, dwell.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { about, compact, count, cut, duration, rate, share, visible } from '../../../../adapters/ui/page/format.js'
import { POINTS, Rates, Series } from '../../../../adapters/ui/page/series.js'
import { eventsOf, Statechart } from '../../../../adapters/ui/page/statechart.js'
import { outlineOf } from '../../../../adapters/xstate/outline.ts'
import type { XMachine } from '../../../../adapters/xstate/shapes.ts'
import { createMachine } from 'xstate'

const outline = outlineOf(createMachine({
  id: 'm', initial: 'a', on: { reset: '.a' },
  states: {
    a: { on: { go: 'b', stay: {} } },
    b: {
      type: 'parallel', on: { out: 'c' },
      states: { l: { initial: 'l1', states: { l1: { on: { next: 'l2' } }, l2: {} } }, r: { initial: 'r1', states: { r1: { on: { again: { target: 'r1', reenter: true } } } } } },
    },
    'c,d': {}, c: { type: 'final' },
  },
} as never) as unknown as XMachine)
const chart = new Statechart(outline)
const at = (path: string): number => outline.states.findIndex((state) => state.path.join('.') === path)
const idOf = (descriptor: string): string => outline.transitions.find(({ trigger }) => trigger.kind === 'event' && trigger.descriptor === descriptor)?.id ?? ''

function flowing(perSecond: Readonly<Record<string, number>>): Rates {
  const rates = new Rates()
  for (let second = 0; second <= POINTS; second++) rates.sample(new Map(Object.entries(perSecond).map(([event, flow]) => [`t taken ${idOf(event)}`, flow * second])), 1)
  return rates
}

test('a configuration is its leaves and what is around them; one that holds a comma too; what is none is nothing', () => {
  assert.deepEqual([...chart.activeIn('b.l.l1,b.r.r1')].sort((a, b) => a - b), [0, at('b'), at('b.l'), at('b.l.l1'), at('b.r'), at('b.r.r1')])
  assert.deepEqual(chart.activeIn('c,d'), [at('c,d'), 0])
  assert.deepEqual([chart.activeIn('nowhere'), chart.activeIn(undefined), chart.activeIn('...')], [[], [], []])
  const occupancy = chart.occupancy({ a: 3, 'b.l.l1,b.r.r1': 2, 'b.l.l2,b.r.r1': 5, '...': 9 })
  assert.deepEqual(['a', 'b', 'b.l.l1', 'b.r.r1', 'c'].map((path) => occupancy[at(path)]), [3, 7, 2, 7, 0])
})

test("mean dwell is Little's law, over all that leads out of a state, by whatever way", () => {
  const occupancy = chart.occupancy({ a: 30, 'b.l.l1,b.r.r1': 10, 'b.l.l2,b.r.r1': 30 })
  const rates = flowing({ go: 3, stay: 50, out: 4, next: 2, again: 1 })
  assert.equal(chart.dwellMs(at('a'), occupancy, 't', rates), 10_000, 'what stays does not leave')
  assert.equal(chart.dwellMs(at('b'), occupancy, 't', rates), 10_000, 'what moves within does not leave')
  // By itself 2 a second, and its share, 10 of 40, of the 4 that leave all of b.
  assert.equal(chart.dwellMs(at('b.l.l1'), occupancy, 't', rates), 10_000 / 3)
  assert.equal(chart.dwellMs(at('b.r.r1'), occupancy, 't', rates), 40_000 / 5)
  assert.ok(Number.isNaN(chart.dwellMs(at('c'), occupancy, 't', rates)), 'nobody is there')
  assert.deepEqual([chart.isLeft(0), chart.isLeft(at('a'))], [false, true])
  const reset = flowing({ reset: 7 })
  assert.equal(chart.dwellMs(at('a'), chart.occupancy({ a: 35, 'b.l.l1,b.r.r1': 35 }), 't', reset), 10_000, 'a transition of the root leaves from each by its share')
})

test('a rate has one sample a second and a fixed number of them; a count that goes back makes none', () => {
  const series = new Series(100)
  for (let second = 1; second <= 3 * POINTS; second++) series.sample(100 + second * 4, 1)
  assert.deepEqual([series.mean(5), series.valueAt(0), series.valueAt(POINTS - 1)], [4, 4, 4])
  series.sample(7, 1)
  assert.equal(series.valueAt(POINTS - 1), 0)
  series.sample(9, 0.5)
  assert.equal(series.valueAt(POINTS - 1), 4)
})

test('what stood when watching began was not counted in a second; what appears later was; what is gone is forgotten', () => {
  const rates = new Rates()
  assert.ok(Number.isNaN(rates.mean('x', 5)))
  rates.sample(new Map([['old', 1000]]), 1)
  rates.sample(new Map([['old', 1001], ['new', 6]]), 1)
  assert.deepEqual([rates.mean('old', 5), rates.mean('new', 5), rates.mean('never', 5)], [1, 6, 0])
  rates.rebase(new Map([['old', 5000]]))
  rates.sample(new Map([['old', 5002]]), 1)
  assert.deepEqual([rates.mean('old', 1), rates.of('new')], [2, undefined])
})

test('events that active states take, without wildcards', () => {
  assert.deepEqual(eventsOf(outline, chart.activeIn('a')), ['reset', 'go', 'stay'])
})

test('events that only the runtime makes are not offered: from outside they are refused', () => {
  const [first] = outline.transitions
  const taking = (descriptor: string) => ({ ...first!, source: 0, trigger: { kind: 'event' as const, descriptor } })
  assert.deepEqual(eventsOf({ ...outline, transitions: ['inference.fraud', 'lookup.rates', 'xstate.done.x', 'inferences', 'go'].map(taking) }, [0]), ['inferences', 'go'])
})

test('numbers and names as people read them', () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(count), ['0', '999', '1,000', '1,234,567'])
  assert.deepEqual([999, 9999, 10_000, 98_112, 123_456, 1_234_567, 5e9].map(compact), ['999', '9,999', '10.0k', '98.1k', '123k', '1.2M', '5.0G'])
  assert.deepEqual([NaN, 0, 0.01, 3.14, 42, 41_234].map(rate), ['–', '0/s', '0.6/min', '3.1/s', '42/s', '41.2k/s'])
  assert.deepEqual([0.004, 0.5, 6.25, 19, 150, 2500, 12_300, 250_000, 3_600_000, 100_000_000].map(duration), ['<0.01 ms', '0.50 ms', '6.3 ms', '19 ms', '150 ms', '2.5 s', '12 s', '4 min 10 s', '1 h', '1 d 3 h'])
  assert.deepEqual([0.5, 19, 2500, 59_400, 59_900, 65_000, 250_000, 3_590_000, 3_900_000, 35_900_000, 36_100_000, 86_000_000, 100_000_000, 9e9, NaN].map(about), ['0.50 ms', '19 ms', '2.5 s', '59 s', '60 s', '1.1 min', '4.2 min', '60 min', '1.1 h', '10 h', '10 h', '24 h', '1.2 d', '104 d', '–'])
  assert.deepEqual([share(0, 0), share(1, 10_000), share(1, 30), share(2, 3)], ['–', '<0.1 %', '3.3 %', '67 %'])
  assert.equal(cut('a'.repeat(30) + 'z'.repeat(30), 11), 'aaaaaa…zzzz')
  assert.deepEqual(['', 'a\u202eb\u0000', '\ud800', 'é🚚'].map(visible), ['(empty)', 'a\\u{202e}b\\u{0}', '\\u{d800}', 'é🚚'])
})

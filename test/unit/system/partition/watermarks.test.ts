// Watermarks: W1-W3, idleness, storing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMachine } from 'xstate'
import { tell } from '../../../../system/authoring/effects.ts'
import { Watermarks } from '../../../../system/partition/watermarks.ts'
import { deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { testSeed } from '../../../support/seed.ts'

const key = (deed: Deed): string => deed.who
const receiver = defineActor({
  name: 'receiver', version: 1, order: 'eventTime', machine: createMachine({}) as never,
  sources: { a: { schema: deedSchema as never, key: key as never, outOfOrder: 10 }, b: { schema: deedSchema as never, key: key as never } } as never,
})
const sender = defineActor({ name: 'sender', version: 1, machine: createMachine({ on: { go: { actions: tell('receiver', 'x', { type: 'hi' }) } } }) as never })
const plan = planOf([receiver, sender], 'receiver', { partitions: 2 })
const SENDERS = ['app.sender/0', 'app.sender/1']

test('the senders of a type are every partition of the types that tell it', () => assert.deepEqual(plan.senders, SENDERS))

test('W2: the watermark is the least of all inputs, and nothing until every input was heard of', () => {
  const marks = new Watermarks(plan)
  marks.observeEvent('a', 110)
  marks.observeEvent('b', 90)
  marks.observePromise('app.sender/0', 95, false)
  assert.equal(marks.currentMs, -Infinity)
  assert.deepEqual(marks.waitingFor(), ['app.sender/1'])
  marks.observePromise('app.sender/1', 200, false)
  assert.equal(marks.currentMs, 90)
  marks.observeEvent('b', 105)
  assert.equal(marks.currentMs, 95)
  marks.observePromise('app.sender/0', 300, false)
  assert.equal(marks.currentMs, 100, 'source a may be 10 ms out of order')
  assert.deepEqual(marks.waitingFor(), ['a'])
})

test('an input that the type does not have says nothing', () => {
  const marks = new Watermarks(plan)
  for (const input of ['a', 'b', ...SENDERS]) marks.observePromise(input, 50, false)
  marks.observePromise('app.stranger/0', 1, false)
  assert.equal(marks.currentMs, 50)
})

test('W2: an idle input does not count; with all idle the highest promise stands', () => {
  const marks = new Watermarks(plan)
  marks.observePromise('a', 50, false)
  marks.observePromise('b', 70, false)
  for (const input of SENDERS) marks.observePromise(input, 20, true)
  assert.equal(marks.currentMs, 50)
  marks.setIdle('a', true)
  assert.equal(marks.currentMs, 70)
  assert.equal(marks.allQuiet(), false)
  marks.setIdle('b', true)
  assert.equal(marks.allQuiet(), true)
  assert.equal(marks.currentMs, 70)
})

test('W3: an idle input that wakes up behind the watermark does not move it back, and is waited for', () => {
  const marks = new Watermarks(plan)
  for (const input of ['b', ...SENDERS]) marks.observePromise(input, 100, false)
  marks.setIdle('a', true)
  assert.equal(marks.currentMs, 100)
  marks.observeEvent('a', 60)
  assert.equal(marks.isIdle('a'), false)
  assert.equal(marks.currentMs, 100)
  for (const input of ['b', ...SENDERS]) marks.observePromise(input, 500, false)
  assert.equal(marks.currentMs, 100)
  assert.deepEqual(marks.waitingFor(), ['a'])
  marks.observeEvent('a', 130)
  assert.equal(marks.currentMs, 120)
})

test('ended inputs are not waited for, and all ended is the end of time', () => {
  const marks = new Watermarks(plan)
  for (const input of ['a', 'b', ...SENDERS]) marks.observePromise(input, Infinity, false)
  assert.equal(marks.currentMs, Infinity)
  assert.deepEqual(marks.waitingFor(), [])
  assert.equal(marks.allQuiet(), true)
})

test('a source is ahead only beyond the skew, and an ended or silent one never', () => {
  const marks = new Watermarks(plan)
  for (const input of ['b', ...SENDERS]) marks.observePromise(input, 100, false)
  marks.observePromise('a', 100, false)
  marks.observePromise('b', 150, false)
  assert.equal(marks.isAhead('b', 50), false)
  assert.equal(marks.isAhead('b', 49), true)
  marks.observePromise('b', Infinity, false)
  assert.equal(marks.isAhead('b', 0), false)
  assert.equal(new Watermarks(plan).isAhead('a', 0), false)
})

const input = fc.constantFrom('a', 'b', ...SENDERS, 'unknown')
const observations = fc.array(fc.oneof(
  fc.record({ kind: fc.constant('event' as const), input, timeMs: fc.integer({ min: 0, max: 100 }) }),
  fc.record({ kind: fc.constant('promise' as const), input, timeMs: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constant(Infinity)), idle: fc.boolean() }),
  fc.record({ kind: fc.constant('idle' as const), input, idle: fc.boolean() }),
), { maxLength: 60 })

test('W3: whatever is observed, the watermark never goes back, and what was saved and loaded goes on the same', () => {
  fc.assert(fc.property(observations, (list) => {
    let marks = new Watermarks(plan)
    const twin = new Watermarks(plan)
    let before = marks.currentMs
    for (const one of list) {
      for (const target of [marks, twin]) {
        if (one.kind === 'event') target.observeEvent(one.input, one.timeMs)
        else if (one.kind === 'promise') target.observePromise(one.input, one.timeMs, one.idle)
        else target.setIdle(one.input, one.idle)
      }
      assert.ok(marks.currentMs >= before)
      assert.equal(marks.currentMs, twin.currentMs)
      before = marks.currentMs
      const saved = marks.save()
      marks = new Watermarks(plan)
      marks.load(saved)
      assert.deepEqual(marks.save(), saved)
    }
  }), { seed: testSeed(), numRuns: 300 })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EventStreamParser } from '../../../../adapters/client/event-stream.ts'
import { testSeed } from '../../../support/seed.ts'

test('events come out whole however the text is cut, whatever its lines end in', () => {
  const text = ': alive\n\nevent: entity\ndata: {"a":1}\n\nretry: 100\nid: 7\n\ndata: one\ndata:two\ndata\n\nevent: empty\n\nevent:entity\ndata: :x\n\n'
  const events = [{ event: 'entity', data: '{"a":1}' }, { event: 'message', data: 'one\ntwo\n' }, { event: 'entity', data: ':x' }]
  fc.assert(fc.property(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat({ max: 160 })), (end, cuts) => {
    const whole = text.replaceAll('\n', end)
    const ends = [...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length]
    const parser = new EventStreamParser()
    const taken = ends.flatMap((to, index) => parser.take(whole.slice(ends[index - 1] ?? 0, to)))
    // A lone carriage return at the end may be the first half of a line's end.
    assert.deepEqual(end === '\r' ? [...taken, ...parser.take('\n')] : taken, events)
  }), { seed: testSeed(), numRuns: 200 })
})

test('an event without end is given up', () => {
  const parser = new EventStreamParser()
  assert.throws(() => {
    for (let n = 0; n < 20; n += 1) parser.take('x'.repeat(1 << 20))
  }, RangeError)
})

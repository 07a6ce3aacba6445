// Records of a commit that the log refuses, several at once or at every try: each finds its answer, and the partition goes on (I8, I10).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommitHook } from '../../../../adapters/memory/lease.ts'
import { outcomeOf, RECORD_BYTES_MAX } from '../../../support/partition/refusing.ts'
import type { Outcome } from '../../../support/partition/refusing.ts'

async function fateOf(...args: Parameters<typeof outcomeOf>): Promise<Pick<Outcome, 'end' | 'told' | 'letters' | 'parked'>> {
  const { end, told, letters, parked } = await outcomeOf(...args)
  return { end, told, letters, parked }
}

test('an output and the state of its own input: the input becomes a dead letter, and the state was not made', async () => {
  assert.deepEqual(await fateOf(['burst a', 'tell b']), { end: 'taken', told: ['b'], letters: ['size 0'], parked: [] })
})

test('an output of one entity and the state of another one: a dead letter for the one, the other is parked', async () => {
  assert.deepEqual(await fateOf(['shout a', 'grow b', 'tell c', 'tell b']), { end: 'taken', told: ['c'], letters: ['size 0', 'size fold-2'], parked: ['b'] })
})

test('the states of several entities: each is parked', async () => {
  const { letters, ...outcome } = await fateOf(['grow a', 'grow b', 'tell c'])
  assert.deepEqual([outcome, letters.length], [{ end: 'taken', told: ['c'], parked: ['a', 'b'] }, 2])
})

test('a state, and with it inputs that are too large to be put aside: each has one dead letter', async () => {
  const circumstances = { recordBytesMax: 200_000, definition: { snapshotEvery: 1 }, later: ['tell c', 'tell a'] }
  const outcome = await fateOf(['double a 1 199940', 'double a 1 199940', 'tell b'], circumstances)
  assert.deepEqual({ ...outcome, letters: [...outcome.letters].sort() }, { end: 'taken', told: ['b', 'c'], letters: ['size 0', 'size 1'], parked: ['a'] })
})

test('a state that grows until the log refuses it: the entity is parked with the last one that it took', async () => {
  const deeds = ['add a 1 19600', ...Array.from({ length: 40 }, () => 'add a 1 9'), 'tell b']
  const { letters, ...outcome } = await fateOf(deeds, { batchRecordsMax: 1 })
  assert.deepEqual([outcome, letters.length], [{ end: 'taken', told: ['b'], parked: ['a'] }, 1])
})

test('a state and the journal record of its batch: the batch is taken in halves, then the entity of the state is parked', async () => {
  const hook: CommitHook = ({ batch: { records } }) => {
    const refused = records.flatMap(({ topic, value }, index) => ((value?.length ?? 0) > RECORD_BYTES_MAX || (topic === 'r.one.journal' && records.filter((record) => record.topic === 'told').length > 1) ? [index] : []))
    return refused.length === 0 ? undefined : { kind: 'rejected', records: refused, reason: 'too large' }
  }
  const { letters, ...outcome } = await fateOf(['tell a', 'grow b', 'tell c'], { hook })
  assert.deepEqual([outcome, letters.length], [{ end: 'taken', told: ['a', 'c'], parked: ['b'] }, 1])
})

const EVENT_TIME = { order: 'eventTime', timers: 'event' }

test('what a timer writes that was armed in the same batch: the timer becomes a dead letter once it stands in a commit of its own', async () => {
  const { letters, ...outcome } = await fateOf(['arm a 100', 'tell b 101', 'mark - 200', 'tell c 250', 'mark - 300'], { definition: EVENT_TIME })
  assert.deepEqual(outcome, { end: 'taken', told: ['b', 'c'], parked: [] })
  assert.match(letters.join(), /^size timer-a-raise\.shout-/)
})

test('what a timer writes that another one armed for the same moment becomes a dead letter too', async () => {
  const { letters, ...outcome } = await fateOf(['chain a 100', 'tell b 101', 'mark - 200', 'tell c 250', 'mark - 300'], { definition: EVENT_TIME })
  assert.deepEqual(outcome, { end: 'taken', told: ['b', 'c'], parked: [] })
  assert.match(letters.join(), /^size timer-a-/)
})

test('a late event that its side output does not take becomes a dead letter', async () => {
  const hook: CommitHook = ({ batch: { records } }) => {
    const refused = records.flatMap(({ topic }, index) => (topic === 'late' ? [index] : []))
    return refused.length === 0 ? undefined : { kind: 'rejected', records: refused, reason: 'too large' }
  }
  const outcome = await fateOf(['mark - 200', 'tell a 100', 'tell b 300', 'mark - 400'], { hook, definition: { ...EVENT_TIME, late: { output: 'late' } } })
  assert.deepEqual(outcome, { end: 'taken', told: ['b'], letters: ['size 1'], parked: [] })
})

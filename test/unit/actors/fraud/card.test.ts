import assert from 'node:assert/strict'
import { test } from 'node:test'
import { card } from '../../../../actors/fraud/card.ts'
import { Play } from './play.ts'

const HOUR_MS = 3_600_000
const NOON_MS = Date.UTC(2025, 0, 6, 12)

const verdict = (decision: 'approve' | 'review' | 'decline', time = NOON_MS) => ({ type: 'verdict', time, transactionId: 't1', score: 0.5, decision })
const transaction = (id: string, time: number, amount = 10) => ({ type: 'transaction', time, transactionId: id, cardId: '7', terminalId: 'a', amount })

function cardAt(...decisions: readonly ('approve' | 'review' | 'decline')[]): Play {
  const play = new Play()
  for (const decision of decisions) play.send('card', '7', verdict(decision))
  return play
}

test('a review makes a card suspicious, a quiet day makes it normal again', () => {
  const play = cardAt('approve')
  assert.equal(play.at('card', '7'), 'normal')
  play.send('card', '7', verdict('review'))
  assert.equal(play.at('card', '7'), 'suspicious')
  assert.deepEqual(play.delays('card/7'), [24 * HOUR_MS])
  play.fire('card/7', NOON_MS + 24 * HOUR_MS)
  assert.equal(play.at('card', '7'), 'normal')
})

test('another review of a suspicious card starts the watch again', () => {
  const play = cardAt('review', 'review')
  assert.equal(play.at('card', '7'), 'suspicious')
  assert.deepEqual(play.delays('card/7'), [24 * HOUR_MS, 24 * HOUR_MS])
})

test('an approval leaves a suspicious card and its watch alone', () => {
  const play = cardAt('review', 'approve')
  assert.equal(play.at('card', '7'), 'suspicious')
  assert.equal(play.delays('card/7').length, 1)
})

test('a decline blocks a card for two days, then it cools off for a day', () => {
  const play = cardAt('review', 'decline')
  assert.equal(play.at('card', '7'), 'blocked')
  assert.deepEqual(play.emitted('card.blocked'), [{ type: 'card.blocked', cardId: '7', time: NOON_MS, transactionId: 't1', score: 0.5 }])
  play.fire('card/7', NOON_MS + 48 * HOUR_MS)
  assert.equal(play.at('card', '7'), 'coolingOff')
  assert.deepEqual(play.emitted('card.unblocked'), [{ type: 'card.unblocked', cardId: '7', time: NOON_MS + 48 * HOUR_MS }])
  play.fire('card/7', NOON_MS + 72 * HOUR_MS)
  assert.equal(play.at('card', '7'), 'normal')
  assert.deepEqual(play.delays('card/7'), [24 * HOUR_MS, 48 * HOUR_MS, 24 * HOUR_MS])
})

test('verdicts about a blocked card change nothing; while it cools off any doubt blocks it again', () => {
  const play = cardAt('decline', 'decline', 'review')
  assert.equal(play.emitted('card.blocked').length, 1)
  play.fire('card/7', NOON_MS + 48 * HOUR_MS)
  play.send('card', '7', verdict('approve', NOON_MS + 49 * HOUR_MS))
  assert.equal(play.at('card', '7'), 'coolingOff')
  play.send('card', '7', verdict('review', NOON_MS + 50 * HOUR_MS))
  assert.equal(play.at('card', '7'), 'blocked')
  assert.equal(play.emitted('card.blocked').length, 2)
})

test('what a card tells its terminal does not depend on its state', () => {
  const told = (['approve', 'review', 'decline'] as const).map((decision) => {
    const play = cardAt(decision)
    play.send('card', '7', transaction('t2', NOON_MS + 1000, 25.5))
    return play.tells('terminal')
  })
  assert.deepEqual(told[1], told[0])
  assert.deepEqual(told[2], told[0])
})

test('a purchase carries the counts and means of the windows up to and with itself', () => {
  const play = new Play()
  const days = [0, 3, 20, 29, 29.9]
  days.forEach((day, i) => play.send('card', '7', transaction(`t${i}`, NOON_MS + day * 24 * HOUR_MS, 10 * (i + 1))))
  // Saturday noon is day 5; 29.9 days after Monday noon is a Wednesday morning, 9:36.
  assert.deepEqual(play.tells('terminal').at(-1), {
    type: 'purchase', time: NOON_MS + 29.9 * 24 * HOUR_MS, transactionId: 't4', cardId: '7', amount: 50,
    spending: [0, 0, 2, 45, 2, 45, 5, 30],
  })
  play.send('card', '7', transaction('t5', Date.UTC(2025, 1, 8, 6, 59, 59), 1))
  assert.deepEqual((play.tells('terminal').at(-1)?.['spending'] as number[]).slice(0, 4), [1, 1, 1, 1])
})

test('a card declares what the system needs to know', () => {
  assert.deepEqual([...card.tells], [['terminal', 'forward']])
  assert.equal(card.timers, 'event')
  assert.deepEqual(card.sources.map(({ topic }) => topic), ['transactions'])
})

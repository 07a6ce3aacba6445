import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DECLINE_AT, decide, fraud, REVIEW_AT } from '../../../../actors/fraud/model.ts'
import { fraudSystem } from '../../../../actors/fraud/system.ts'
import { terminal } from '../../../../actors/fraud/terminal.ts'
import { fraudExamples } from '../../../../scenarios/fraud/examples.ts'
import { generatedPayments } from '../../../../scenarios/fraud/generated.ts'
import { timeline } from '../../../../scenarios/fraud/timeline.ts'
import { testSeed } from '../../../support/seed.ts'
import { Play } from './play.ts'

const DAY_MS = 86_400_000
const NOON_MS = Date.UTC(2025, 0, 6, 12)

test('a purchase becomes one decision with everything it rests on, and a verdict for the card', () => {
  const play = new Play()
  play.scoreIs = 0.75
  play.send('terminal', 'a', { type: 'label', time: NOON_MS - 1000, transactionId: 't0', terminalId: 'a', fraud: 1 })
  play.send('terminal', 'a', { type: 'label', time: NOON_MS - 2 * DAY_MS, transactionId: 't00', terminalId: 'a', fraud: 0 })
  play.send('terminal', 'a', { type: 'purchase', time: NOON_MS, transactionId: 't1', cardId: '7', amount: 12.5, spending: [0, 0, 1, 12.5, 1, 12.5, 1, 12.5] })
  assert.deepEqual(play.emitted('decision'), [{
    type: 'decision', time: NOON_MS, transactionId: 't1', cardId: '7', terminalId: 'a', amount: 12.5, decision: 'decline', score: 0.75,
    model: { name: 'fraud', version: fraud.version, hash: fraud.hash },
    features: {
      weekend: 0, night: 0, cardCount1d: 1, cardMean1d: 12.5, cardCount7d: 1, cardMean7d: 12.5, cardCount30d: 1, cardMean30d: 12.5,
      terminalCount1d: 1, terminalRisk1d: 1, terminalCount7d: 2, terminalRisk7d: 0.5, terminalCount30d: 2, terminalRisk30d: 0.5,
    },
  }])
  assert.deepEqual(play.tells('card'), [{ type: 'verdict', time: NOON_MS, transactionId: 't1', score: 0.75, decision: 'decline' }])
  assert.equal(play.at('card', '7'), 'blocked')
  assert.equal(play.at('terminal', 'a'), 'open')
  assert.equal((play.context('terminal', 'a') as { pending: unknown }).pending, null)
})

test('the machines compute the same vectors as the loop that makes training examples', async () => {
  const { payments } = generatedPayments(testSeed(), 3000)
  const labelDelayMs = 2 * DAY_MS
  const play = new Play()
  for await (const moments of timeline(payments, labelDelayMs)) {
    for (const { kind, timeMs, payment: { cardId, terminalId, transactionId, amount, fraud: isFraud } } of moments) {
      if (kind === 'label') play.send('terminal', terminalId, { type: 'label', time: timeMs, transactionId, terminalId, fraud: isFraud })
      else play.send('card', cardId, { type: 'transaction', time: timeMs, transactionId, cardId, terminalId, amount })
    }
  }
  const { rows } = await fraudExamples(payments, labelDelayMs)
  const decisions = play.emitted('decision')
  assert.equal(decisions.length, 3000)
  decisions.forEach((decision, i) => assert.deepEqual([decision['amount'], ...Object.values(decision['features'] as object)], rows[i]))
})

test('scores at the bounds decide as they say', () => {
  assert.deepEqual([0, REVIEW_AT - 1e-9, REVIEW_AT, DECLINE_AT - 1e-9, DECLINE_AT, 1].map(decide), ['approve', 'approve', 'review', 'review', 'decline', 'decline'])
})

test('terminals take live traffic as it comes and history by event time, labels first', () => {
  assert.equal(terminal('arrival').order, 'arrival')
  const history = terminal('eventTime')
  assert.equal(history.order, 'eventTime')
  assert.ok(history.rank.get('label')! < history.rank.get('purchase')!)
  assert.deepEqual([...history.tells], [['card', 'feedback']])
  assert.equal(fraudSystem({ order: 'arrival' }).partitions, 4)
  assert.equal(fraudSystem({ order: 'eventTime', partitions: 8 }).partitions, 8)
})

// Examples to train and judge the fraud model on: every payment's vector, by the feature sets of the actors, with its truth.
import { cardFeatures, featureNames, purchaseVector, terminalFeatures } from '../../actors/fraud/features.ts'
import type { Examples } from '../../system/models/training/examples.ts'
import type { Payments } from './payment.ts'
import { timeline } from './timeline.ts'

/** In the order of time; the first `skip` payments, whose windows are still empty, are left out. */
export async function fraudExamples(payments: Payments, labelDelayMs: number, skip = 0): Promise<Examples> {
  const cards = new Map<string, typeof cardFeatures.State>()
  const terminals = new Map<string, typeof terminalFeatures.State>()
  const rows: (readonly number[])[] = []
  const labels: number[] = []
  let count = 0
  for await (const moments of timeline(payments, labelDelayMs)) {
    for (const { kind, timeMs, payment: { transactionId, cardId, terminalId, amount, fraud } } of moments) {
      const risk = terminals.get(terminalId) ?? terminalFeatures.empty
      if (kind === 'label') {
        terminals.set(terminalId, terminalFeatures.fold(risk, { type: 'label', time: timeMs, transactionId, terminalId, fraud }))
        continue
      }
      const transaction = { type: 'transaction', time: timeMs, transactionId, cardId, terminalId, amount } as const
      const spending = cardFeatures.fold(cards.get(cardId) ?? cardFeatures.empty, transaction)
      cards.set(cardId, spending)
      count += 1
      if (count <= skip) continue
      rows.push(purchaseVector(amount, cardFeatures.values(spending, timeMs), terminalFeatures.values(risk, timeMs)))
      labels.push(fraud)
    }
  }
  return { features: ['amount', ...featureNames], rows, labels }
}

// What the model looks at: 8 values of the card, 6 of the terminal, and the amount.
//
// The feature sets are those of the Fraud Detection Handbook. Days are UTC; weekend is Saturday and Sunday, night is hour 0 to 6.
// A label counts from the moment it is known: the terminal's windows are over label times, so its risk lags by the label delay.
import { features, sliding } from 'statelog'
import { Label, Transaction } from './events.ts'

/** How a card is used. Includes the transaction at hand. */
export const cardFeatures = features('card-spending', 1, Transaction, (tx) => ({
  weekend: tx.time.isWeekend(),
  night: tx.time.hour().atMost(6),
  cardCount1d: sliding('1d').count(),
  cardMean1d: sliding('1d').mean(tx.amount),
  cardCount7d: sliding('7d').count(),
  cardMean7d: sliding('7d').mean(tx.amount),
  cardCount30d: sliding('30d').count(),
  cardMean30d: sliding('30d').mean(tx.amount),
}))

/** How a terminal's past transactions turned out. Risk is the share of fraud, 0 without labels. */
export const terminalFeatures = features('terminal-risk', 1, Label, (label) => ({
  terminalCount1d: sliding('1d').count(),
  terminalRisk1d: sliding('1d').mean(label.fraud),
  terminalCount7d: sliding('7d').count(),
  terminalRisk7d: sliding('7d').mean(label.fraud),
  terminalCount30d: sliding('30d').count(),
  terminalRisk30d: sliding('30d').mean(label.fraud),
}))

/** The 14 features, in the order in which they follow the amount in a vector. */
export const featureNames: readonly string[] = [...cardFeatures.names, ...terminalFeatures.names]

/** The vector of a purchase, as the model takes it: the amount, then the 14 features. */
export function purchaseVector(amount: number, spending: readonly number[], risk: readonly number[]): readonly number[] {
  return [amount, ...spending, ...risk]
}

/** The 14 features of a vector by name, for the record of a decision. */
export function namedFeatures(vector: readonly number[]): Record<string, number> {
  return Object.fromEntries(featureNames.map((name, i) => [name, vector[i + 1]!]))
}

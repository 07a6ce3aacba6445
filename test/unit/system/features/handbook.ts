// The feature sets of the Fraud Detection Handbook, and the loop that feeds them: each transaction, and 7 days later its label.
import { features } from '../../../../system/features/feature-set.ts'
import type { FeatureState } from '../../../../system/features/state.ts'
import { sliding } from '../../../../system/features/folds.ts'
import { schemaOf } from './samples-of.ts'

export interface Transaction {
  readonly id: number
  readonly timeMs: number
  readonly customer: number
  readonly terminal: number
  readonly amount: number
  readonly fraud: number
}

const LABEL_DELAY_MS = 7 * 86_400_000

export const customer = features('customer', 1, schemaOf<Transaction>(), (tx) => ({
  weekend: tx.time.isWeekend(),
  night: tx.time.hour().atMost(6),
  count1d: sliding('1d').count(),
  mean1d: sliding('1d').mean(tx.amount),
  count7d: sliding('7d').count(),
  mean7d: sliding('7d').mean(tx.amount),
  count30d: sliding('30d').count(),
  mean30d: sliding('30d').mean(tx.amount),
}))

export const terminal = features('terminal', 1, { label: schemaOf<{ readonly fraud: number }>() }, ({ label }) => ({
  count1d: sliding('1d').count(label),
  risk1d: sliding('1d').mean(label.fraud),
  count7d: sliding('7d').count(label),
  risk7d: sliding('7d').mean(label.fraud),
  count30d: sliding('30d').count(label),
  risk30d: sliding('30d').mean(label.fraud),
}))

/** Hands each transaction with its 14 values, in the order of the published columns, to `see`. Transactions ascend in time; a label precedes a transaction of equal time. */
export function walk(transactions: Iterable<Transaction>, see: (transaction: Transaction, values: () => readonly number[]) => void): void {
  const customers = new Map<number, FeatureState>()
  const terminals = new Map<number, FeatureState>()
  const waiting: Transaction[] = []
  let nextLabel = 0
  for (const transaction of transactions) {
    for (let due = waiting[nextLabel]; due && due.timeMs + LABEL_DELAY_MS <= transaction.timeMs; due = waiting[++nextLabel]) {
      const label = { type: 'label', fraud: due.fraud } as const
      terminals.set(due.terminal, terminal.fold(terminals.get(due.terminal) ?? terminal.empty, label, due.timeMs + LABEL_DELAY_MS))
    }
    waiting.push(transaction)
    const spending = customer.fold(customers.get(transaction.customer) ?? customer.empty, transaction, transaction.timeMs)
    customers.set(transaction.customer, spending)
    const risk = terminals.get(transaction.terminal) ?? terminal.empty
    see(transaction, () => [...customer.values(spending), ...terminal.values(risk, transaction.timeMs)])
  }
}

// Small inputs for tests of the scenario.
import type { Payment, Payments } from '../../../../scenarios/fraud/payment.ts'
import type { OutputReader } from '../../../../system/authoring/scenario.ts'

export const START_MS = Date.UTC(2025, 0, 6)

/** Payments at the given times, ms after the start, by one card at one terminal. */
export function paymentsAt(...times: readonly number[]): Payments {
  const payments = times.map((timeMs, i): Payment => ({ transactionId: `t${i}`, timeMs: START_MS + timeMs, cardId: '7', terminalId: 'a', amount: 10, fraud: i % 2 === 0 ? 0 : 1 }))
  return async function* () {
    yield payments
  }
}

export async function allOf<T>(chunks: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const chunk of chunks) all.push(...chunk)
  return all
}

/** A reader of outputs that are given by topic. */
export function readerOf(outputs: Readonly<Record<string, readonly Record<string, unknown>[]>>): OutputReader {
  return {
    outputs: async function* (topic) {
      for (const [offset, event] of (outputs[topic] ?? []).entries()) yield { key: '', event, partition: 0, offset }
    },
  }
}

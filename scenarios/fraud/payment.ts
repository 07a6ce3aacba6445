// A payment with its truth: what generators and files yield, in the order of time.

export interface Payment {
  readonly transactionId: string
  readonly timeMs: number
  readonly cardId: string
  readonly terminalId: string
  readonly amount: number
  readonly fraud: 0 | 1
}

/** Payments in arrays, ascending in time. Every iteration starts again and yields the same. */
export type Payments = () => AsyncIterable<readonly Payment[]>

// Errors: what an answer says of a partition, as kafkajs would throw it, and what ends a transaction.
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import { errorNamed } from './internals.ts'
import type { Send } from './packing.ts'

/** Has a `type`, the protocol's name. */
export function errorOf(code: number, topic: string, partition: number): Error {
  const thrown = errorNamed(code)
  thrown.message = `partition ${partition} of ${topic}: ${thrown.message}`
  return thrown
}

/** It took longer than the brokers keep a transaction open (T2 of `transaction.ts`). */
export class Late extends Unreachable {
  constructor(message: string) {
    super('kafka/late', message)
  }
}

/** A send that the broker refuses. */
export class RefusedSend extends TypeError {
  readonly send: Send
  constructor(send: Send, reason: string) {
    super(reason)
    this.send = send
  }
}

/** Another owner has committed: the right is its. */
export class Overtaken extends OperationError {
  constructor(message: string) {
    super('kafka/overtaken', message)
  }
}

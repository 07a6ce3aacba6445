// An error code of a partition in an answer, as kafkajs would throw it.
import { errorNamed } from './internals.ts'

/** Has a `type`, the protocol's name. */
export function errorOf(code: number, topic: string, partition: number): Error {
  const thrown = errorNamed(code)
  thrown.message = `partition ${partition} of ${topic}: ${thrown.message}`
  return thrown
}

// Unread: what reading a log comes to where a partition could not be recovered from it either. It is told to who asked: no defect of the gateway.
import { OutOfTime } from '../inspect/patient-log.ts'
import { Gone } from '../partition/range-reading.ts'
import { InvariantBroken } from '../protocol/assert.ts'
import { OperationError } from '../protocol/failures.ts'

const KNOWN = [OperationError, Gone, OutOfTime, InvariantBroken]

/** Throws what is none of that. */
export function unreadReason(thrown: unknown): string {
  if (KNOWN.some((one) => thrown instanceof one)) return (thrown as Error).message
  throw thrown
}

// Replies that several routes give.
import type { Gateway, Unavailable, Unread } from '../../system/gateway/gateway.ts'
import type { Misplaced } from '../../system/node/query-client.ts'
import { problem, RETRY_SOON } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Reply } from './route.ts'

export const UNAVAILABLE: Reply = { description: 'Its partition moves, recovers or has failed, and did not answer within the deadline: ask again.', schema: 'Error' }
export const UNREAD: Reply = { description: 'The log could not be read within the deadline: ask again, or wait longer.', schema: 'Error' }
export const MISPLACED: Reply = { description: '`atLeast` is of another partition, or of a life that is over: no answer will reach it.', schema: 'Error' }
export const NOT_FOUND: Reply = { description: 'There is no such actor type or entity.', schema: 'Error' }

export function unavailable({ type, partition, state, reason }: Unavailable): Answer {
  return problem(503, 'partition/unavailable', `partition ${partition} of '${type}' is ${state}: ${reason}. Ask again; GET /v1/partitions shows all of them.`, { partition: { type, partition, state, reason } }, RETRY_SOON)
}

export function unread({ reason }: Unread): Answer {
  return problem(503, 'log/unread', `${reason}. Ask again, or wait longer: deadlineMs.`, {}, RETRY_SOON)
}

export const misplaced = ({ what, reason }: Misplaced): Answer => problem(409, `place/other-${what}`, `${reason}. Ask without atLeast, or with a place of an answer about this entity.`)

/** Undefined: the system has the type. */
export function unknownType(gateway: Gateway, type: string): Answer | undefined {
  const types = gateway.types().map((one) => one.type)
  return types.includes(type) ? undefined : problem(404, 'type/not-found', `there is no actor type '${type}'. Types: ${types.join(', ')}.`)
}

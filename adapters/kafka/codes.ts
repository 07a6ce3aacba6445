// What went wrong with a request, as the protocol names it, and what to do about it.
import { Unanswered } from './unanswered.ts'

/** Another broker coordinates, or none yet: look again. */
const COORDINATOR_MOVED = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS'])
/** The last transaction's markers are still on their way: the same again, later. */
const NOT_YET = new Set(['CONCURRENT_TRANSACTIONS', 'UNSTABLE_OFFSET_COMMIT'])
/** Another broker leads, or the leader waits for its replicas: the same bytes again, after a look at the metadata. */
const LEADER_MOVED = new Set([
  'NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'REPLICA_NOT_AVAILABLE', 'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH', 'OFFSET_NOT_AVAILABLE', 'NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION', 'BROKER_NOT_AVAILABLE', 'INCONSISTENT_TOPIC_ID',
])
/** After these of a write it may stand in the log all the same. */
const DOUBTFUL = new Set(['REQUEST_TIMED_OUT', 'NETWORK_EXCEPTION', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'KAFKA_STORAGE_ERROR', 'UNKNOWN_SERVER_ERROR'])
/** Another one has the id, under a newer epoch. */
const SHUT_OUT = new Set(['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'])
/** Nothing more is taken of this producer; the id itself may have been forgotten. */
const FENCED = new Set([...SHUT_OUT, 'INVALID_PRODUCER_ID_MAPPING'])
const FORBIDDEN = new Set([
  'TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
])
/** All other parts of a request get it where one of them is refused: it is a reason where there is no other. */
const NOT_ATTEMPTED = 'OPERATION_NOT_ATTEMPTED'
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'])

export type Retry = 'coordinator' | 'leader' | 'later' | 'no'

interface ErrorShape {
  readonly apiId?: string
  readonly code?: string
  readonly name?: string
  readonly errors?: readonly unknown[]
}

/** The protocol's name of an error; `NETWORK`, `TIMEOUT` or `AUTHENTICATION` when there was no answer; else the error's own name. */
export function codeOf(thrown: unknown): string {
  return protocolCode(thrown) ?? transportCode(thrown) ?? String((thrown as ErrorShape | null)?.name ?? thrown)
}

function protocolCode(thrown: unknown): string | undefined {
  const { apiId, errors } = (thrown ?? {}) as ErrorShape
  if (apiId !== undefined) return apiId
  const found = (errors ?? []).map(protocolCode).filter((code) => code !== undefined)
  return found.find((code) => code !== NOT_ATTEMPTED) ?? found[0]
}

function transportCode(thrown: unknown): string | undefined {
  if (thrown instanceof Unanswered) return thrown.kind
  const { code, errors } = (thrown ?? {}) as ErrorShape
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return 'NETWORK'
  return errors?.map(transportCode).find((each) => each !== undefined)
}

export const isTransport = (code: string): boolean => code === 'NETWORK' || code === 'TIMEOUT'

export const isDoubtful = (code: string): boolean => isTransport(code) || DOUBTFUL.has(code)

export const isShutOut = (code: string): boolean => SHUT_OUT.has(code)

export const isFenced = (code: string): boolean => FENCED.has(code)

export const isForbidden = (code: string): boolean => FORBIDDEN.has(code) || code === 'AUTHENTICATION'

/** Wrong password, unknown user, or a mechanism that the listener does not take. */
export const isCredentials = (code: string): boolean => code === 'AUTHENTICATION' || code === 'SASL_AUTHENTICATION_FAILED' || code === 'UNSUPPORTED_SASL_MECHANISM'

export const isRefusal = (code: string): boolean => TOO_LARGE.has(code)

export function retryOf(code: string): Retry {
  if (COORDINATOR_MOVED.has(code)) return 'coordinator'
  if (NOT_YET.has(code)) return 'later'
  if (LEADER_MOVED.has(code)) return 'leader'
  return 'no'
}

// What went wrong with a request, as the protocol names it, and what it means for who asked.
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import { rightText } from '../kafka-rights/rights.ts'
import type { Touched } from '../kafka-rights/rights.ts'

interface ErrorShape {
  readonly name?: string
  readonly type?: string
  readonly message?: string
  readonly code?: string
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

/** What kafkajs tells in its message only: codes above 88, which have no name there, and a broker that it met again and has not connected to. */
const NOT_CONNECTED = 'Broker not connected'
const TOLD = new Map([['Unknown error code 90', 'PRODUCER_FENCED'], [NOT_CONNECTED, 'KafkaJSBrokerNotFound']])
const FENCED = new Set(['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING'])
const FORBIDDEN = new Set([
  'TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM', 'KafkaJSSASLAuthenticationError',
])
const REFUSED = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'])
const TRANSPORT = new Set(['KafkaJSConnectionError', 'KafkaJSConnectionClosedError', 'KafkaJSRequestTimeoutError', 'KafkaJSBrokerNotFound', 'KafkaJSNoBrokerAvailableError', 'KafkaJSLockTimeout', 'KafkaJSGroupCoordinatorNotFound'])
const UNSENT = new Set(['KafkaJSBrokerNotFound', 'KafkaJSNoBrokerAvailableError', 'KafkaJSGroupCoordinatorNotFound'])
const NOT_NOW = new Set(['CONCURRENT_TRANSACTIONS', 'GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP'])
const LEADER_MOVED = new Set([
  'NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', 'REPLICA_NOT_AVAILABLE', 'KAFKA_STORAGE_ERROR', 'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE', 'KafkaJSTopicMetadataNotLoaded', 'KafkaJSMetadataNotLoaded',
])

/** The protocol's name of an error, or that of the first of its causes that has one; else the error's own name. */
export function codeOf(thrown: unknown): string {
  return protocolCode(thrown, 0) ?? String((thrown as ErrorShape | null)?.name ?? thrown)
}

function protocolCode(thrown: unknown, depth: number): string | undefined {
  const { type, message, name, cause, errors } = (thrown ?? {}) as ErrorShape
  const told = TOLD.get(message ?? '')
  if (told !== undefined) return told
  if (typeof type === 'string') return type
  if (name !== undefined && (TRANSPORT.has(name) || name === 'KafkaJSSASLAuthenticationError')) return name
  for (const each of depth > 5 ? [] : [...(errors ?? []), cause]) {
    const found = each === undefined ? undefined : protocolCode(each, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

export const isFenced = (code: string): boolean => FENCED.has(code)

export const isForbidden = (code: string): boolean => FORBIDDEN.has(code)

/** Wrong password, unknown user, or a mechanism that the listener does not take. */
export const isCredentials = (code: string): boolean => code === 'SASL_AUTHENTICATION_FAILED' || code === 'UNSUPPORTED_SASL_MECHANISM' || code === 'KafkaJSSASLAuthenticationError'

/** Missing rights and wrong credentials are for people. */
export function refusal(thrown: unknown, touched: Touched): OperationError {
  if (isRefused(thrown)) return thrown
  const code = codeOf(thrown)
  if (isCredentials(code)) return new OperationError('kafka/credentials', `the broker refuses the credentials: ${messageOf(thrown)}. Check user, password and mechanism.`)
  return new OperationError('kafka/forbidden', rightText(code, touched))
}

/** Told already what is missing. */
export const isRefused = (thrown: unknown): thrown is OperationError => thrown instanceof OperationError && (thrown.code === 'kafka/forbidden' || thrown.code === 'kafka/credentials')

/** The broker will not take these records, now or later. */
export const isRefusal = (code: string): boolean => REFUSED.has(code)

/** No broker answered. */
export const isTransport = (code: string): boolean => TRANSPORT.has(code)

/** There was nobody to send it to, at the last try of kafkajs: of a request that it repeats by itself (a batch of records) an earlier try may have been written. */
export function isUnsent(thrown: unknown, depth = 0): boolean {
  const { name = '', message, code, cause } = (thrown ?? {}) as ErrorShape
  return UNSENT.has(name) || message === NOT_CONNECTED || code === 'ECONNREFUSED' || (cause !== undefined && depth < 5 && isUnsent(cause, depth + 1))
}

/** Refused by who does not coordinate any more or not yet, or has another transaction of the id to end first. It may have been noted all the same: only what says the same each time may be sent again. */
export const isNotNow = (code: string): boolean => NOT_NOW.has(code)

/** The coordinator did not answer, or is not ready yet. */
export const isAbsent = (code: string): boolean => isTransport(code) || code === 'GROUP_COORDINATOR_NOT_AVAILABLE' || code === 'GROUP_LOAD_IN_PROGRESS'

/** Nobody answered, or not in time. */
export const isPassing = (code: string): boolean => isTransport(code) || isMoved(code) || code === 'REQUEST_TIMED_OUT'

/** Brokers that did not answer, had no leader or no coordinator, or were ending a transaction, may answer a while later. */
export const isNotYet = (code: string): boolean => isPassing(code) || isNotNow(code)

/** Another broker leads: look again. */
export const isMoved = (code: string): boolean => LEADER_MOVED.has(code)

/** For callers that can wait. */
export function patient(thrown: unknown): unknown {
  return isNotYet(codeOf(thrown)) ? new Unreachable('kafka/unreachable', messageOf(thrown), thrown) : thrown
}

export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

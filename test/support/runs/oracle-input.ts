// What a record means, read by the oracle for itself: it shares the codec with statelog, not the reading.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import type { FailureClass } from '../../../system/protocol/failures.ts'

/** A record as it stands in a topic, in the order in which its partition took it. */
export interface HistoryInput {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Uint8Array
  readonly isControl: boolean
}

export interface TaskAnswer {
  readonly task: string
  readonly key: string
  readonly ok: boolean
}

export interface ReadInput {
  readonly kind: 'event'
  readonly entity: string
  readonly event: MachineEvent
  readonly timeMs: number
  /** Ties of event time: source, then id. */
  readonly source: string
  readonly id: string
  readonly dedup: string | undefined
  /** Of a command's event. */
  readonly sum?: number
  readonly command: string | undefined
  readonly task: TaskAnswer | undefined
}

export type OracleRead = ReadInput | { readonly kind: 'bad'; readonly class: FailureClass } | { readonly kind: 'activation'; readonly hash: string } | { readonly kind: 'nothing' }

export const AMOUNT_MAX = 10_000
const isForged = (type: string): boolean => type.startsWith('xstate.') || type.startsWith('inference.') || type.startsWith('lookup.')
const bad = (failureClass: FailureClass): OracleRead => ({ kind: 'bad', class: failureClass })

export function readInput(input: HistoryInput, inbox: string): OracleRead {
  if (input.isControl) return { kind: 'nothing' }
  return input.topic === inbox ? readInbox(input) : readSource(input)
}

function readSource(input: HistoryInput): OracleRead {
  let event: MachineEvent & { card: string; time: number; id: string; amount: number }
  try {
    event = JSON.parse(new TextDecoder().decode(input.value)) as typeof event
  } catch {
    return bad('decode')
  }
  if (!hasShape(event)) return bad('schema')
  if (isForged(event.type)) return bad('schema')
  if (event.card !== input.key) return bad('key')
  if (event.amount > AMOUNT_MAX) return bad('semantic')
  return { kind: 'event', entity: input.key, event, timeMs: event.time, source: input.topic, id: event.id, dedup: `${input.topic}/${event.id}`, command: undefined, task: undefined }
}

export function hasShape(value: unknown): boolean {
  const { type, card, time, id, amount } = (value ?? {}) as Record<string, unknown>
  return typeof type === 'string' && typeof card === 'string' && typeof time === 'number' && typeof id === 'string' && typeof amount === 'number'
}

function readInbox(input: HistoryInput): OracleRead {
  const decoded = cborCodec.decode(input.value)
  if (decoded.kind === 'failed' || !Array.isArray(decoded.value)) return bad('decode')
  const parts = decoded.value as readonly unknown[]
  const base = { kind: 'event' as const, entity: input.key, dedup: undefined, command: undefined, task: undefined }
  switch (parts[0]) {
    case 't': {
      const event = parts[9] as MachineEvent
      if (isForged(event.type)) return bad('schema')
      const timeMs = parts[5] as number
      return { ...base, event: { ...event, time: timeMs }, timeMs, source: parts[7] as string, id: parts[8] as string }
    }
    case 'c': {
      const event = parts[3] as MachineEvent
      if (isForged(event.type)) return bad('schema')
      const [, id, timeMs, , sum] = parts as readonly [string, string, number, MachineEvent, number?]
      return { ...base, event: { ...event, time: timeMs }, timeMs, source: 'command', id, dedup: `:command/${id}`, command: id, ...(sum === undefined ? {} : { sum }) }
    }
    case 'r': {
      const [, task, key, timeMs, ok, value] = parts as readonly [string, string, string, number, boolean, unknown]
      const event = { type: `xstate.${ok ? 'done' : 'error'}.actor.${task}`, [ok ? 'output' : 'error']: value, actorId: task, time: timeMs }
      return { ...base, event, timeMs, source: 'task', id: key, task: { task, key, ok } }
    }
    case 'w': return { kind: 'nothing' }
    case 'm': return { kind: 'activation', hash: parts[3] as string }
    default: return bad('decode')
  }
}

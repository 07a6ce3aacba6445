// Answers: what came back from whoever serves a partition, taken for an answer only where it is one. Another process made it, maybe of another version.
import { parseLiveFlow } from './flow-answer.ts'
import type { PartitionLook } from './partition-look.ts'
import type { QueryAnswer, Standing, StoredUpTo } from './questions.ts'

/** Of a reason or a state that is handed on to callers, characters. Over: it is cut. */
const TEXT_LENGTH_MAX = 1000

/** Undefined: no answer for this partition. What the entity is, its owner knows. */
export function parseAnswer(value: unknown, partition: number): QueryAnswer | undefined {
  if (!isObject(value)) return undefined
  const { kind, at, reason, state } = value
  switch (kind) {
    case 'moved': return typeof reason === 'string' ? { kind, reason: cut(reason), state: typeof state === 'string' ? cut(state) : 'unknown' } : undefined
    case 'refused': return typeof reason === 'string' ? { kind, reason: cut(reason) } : undefined
    case 'state': return isStanding(at, partition) && isEntity(value['entity']) && typeof value['code'] === 'string' && isMaybe(value['watermarkMs'], 'number') ? value as unknown as QueryAnswer : undefined
    case 'command': return isStanding(at, partition) && typeof value['isTaken'] === 'boolean' ? value as unknown as QueryAnswer : undefined
    case 'partition': {
      const { look, occupancy, parked, stored } = value
      if (!(at === undefined || isStanding(at, partition)) || !isLook(look) || !Array.isArray(occupancy) || !occupancy.every(isCount) || !isNatural(parked) || !(stored === undefined || isStored(stored))) return undefined
      return { kind, at, look: { ...look, state: cut(look.state), reason: cut(look.reason) }, occupancy, parked, ...(stored === undefined ? {} : { stored }) }
    }
    case 'flow': {
      const { owner } = value
      if (typeof state !== 'string' || typeof reason !== 'string' || typeof owner !== 'string') return undefined
      const told = { kind, state: cut(state), reason: cut(reason), owner: cut(owner) } as const
      if (at === undefined) return value['flow'] === undefined ? { ...told, at, flow: undefined } : undefined
      const flow = parseLiveFlow(value['flow'])
      return flow !== undefined && isStanding(at, partition) ? { ...told, at, flow } : undefined
    }
    default: return undefined
  }
}

const cut = (text: string): string => (text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX).toWellFormed()} ...` : text)

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

const isNatural = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isMaybe = (value: unknown, type: 'number'): boolean => value === undefined || typeof value === type

function isStanding(value: unknown, partition: number): value is Standing {
  return isObject(value) && value['partition'] === partition && typeof value['life'] === 'string' && Number.isSafeInteger(value['epoch']) && Number.isSafeInteger(value['seq'])
}

const isEntity = (value: unknown): boolean => value === undefined || (isObject(value) && typeof value['status'] === 'string' && (value['configuration'] === undefined || typeof value['configuration'] === 'string'))

const isCount = (value: unknown): value is readonly [string, number] => Array.isArray(value) && typeof value[0] === 'string' && Number.isSafeInteger(value[1])

const isStored = (value: unknown): value is StoredUpTo => isObject(value) && isNatural(value['stateEnd']) && (value['dirtySeq'] === undefined || isNatural(value['dirtySeq']))

/** Lag may be below zero for a moment: the ends of topics are read after the position. */
function isLook(value: unknown): value is PartitionLook {
  if (!isObject(value)) return false
  const { state, reason, sourceLag, inboxLag, watermarkMs, waitingFor } = value
  return typeof state === 'string' && typeof reason === 'string' && Number.isSafeInteger(sourceLag) && Number.isSafeInteger(inboxLag)
    && isMaybe(watermarkMs, 'number') && Array.isArray(waitingFor) && waitingFor.every((input) => typeof input === 'string')
}

// Questions: what callers ask the owner of a partition, and what it answers, as they travel. Asking changes nothing (O3 of `call-owner.ts`).
//
// I12. An answer that tells of committed state says where it stands.
import type { EntityId } from '../protocol/ids.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityView } from '../partition/view.ts'
import { parseLiveFlow } from './flow-answer.ts'
import type { LiveFlow } from './flow-answer.ts'
import type { PartitionLook } from './partition-look.ts'

export type Question =
  /** How is it? */
  | { readonly kind: 'entity'; readonly id: EntityId }
  /** What became of the command that stands at this offset of the inbox? */
  | { readonly kind: 'command'; readonly id: EntityId; readonly command: string; readonly offset: number }
  /** How is the partition? */
  | { readonly kind: 'partition' }
  /** What goes through it? `isWatched`: whoever asks will ask again soon, and wants its transitions counted until then. */
  | { readonly kind: 'flow'; readonly isWatched: boolean }

/** A place in a partition's order of commits. */
export interface Standing {
  readonly partition: number
  readonly life: string
  readonly epoch: number
  readonly seq: number
}

export type QueryAnswer =
  | { readonly kind: 'state'; readonly at: Standing; readonly code: string; readonly watermarkMs: number | undefined; readonly entity: EntityView | undefined }
  /** `reply`: what the machine gave, null for nothing; undefined: the entity does not know of the command (any more), or refused it. */
  | { readonly kind: 'command'; readonly at: Standing; readonly isTaken: boolean; readonly reply: unknown }
  /** `at` is undefined, and nothing counted, while the partition is not live. `dirtySeq`: oldest commit of which a change is not stored yet; absent where the owner does not say, undefined where all is stored. */
  | { readonly kind: 'partition'; readonly at: Standing | undefined; readonly look: PartitionLook; readonly occupancy: readonly (readonly [configuration: string, entities: number])[]; readonly parked: number; readonly dirtySeq?: number | undefined }
  /** `at` and `flow` are undefined while the partition is not live. `owner`: name of the membership. */
  | { readonly kind: 'flow'; readonly at: Standing | undefined; readonly state: string; readonly reason: string; readonly owner: string; readonly flow: LiveFlow | undefined }
  /** Who was asked does not own the partition, or not yet, or can no longer prove it. Ask again: the owner may be another by now. `state`: of the partition there. */
  | { readonly kind: 'moved'; readonly reason: string; readonly state: string }
  | { readonly kind: 'refused'; readonly reason: string }

/** Undefined: no question. */
export function parseQuestion(value: unknown): Question | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined
  if (value.kind === 'partition') return { kind: 'partition' }
  if (value.kind === 'flow') return 'isWatched' in value && typeof value.isWatched === 'boolean' ? { kind: 'flow', isWatched: value.isWatched } : undefined
  const id = 'id' in value && typeof value.id === 'string' ? parseEntityId(value.id) : undefined
  if (id === undefined) return undefined
  if (value.kind === 'entity') return { kind: 'entity', id }
  if (value.kind !== 'command' || !('command' in value) || typeof value.command !== 'string' || !('offset' in value) || !Number.isSafeInteger(value.offset)) return undefined
  return { kind: 'command', id, command: value.command, offset: value.offset as number }
}

/** Undefined: no answer for this partition. What the entity is, its owner knows. */
export function parseAnswer(value: unknown, partition: number): QueryAnswer | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined
  switch (value.kind) {
    case 'moved':
    case 'refused': {
      const { reason, state } = value as { readonly reason?: unknown; readonly state?: unknown }
      if (typeof reason !== 'string') return undefined
      return value.kind === 'refused' ? { kind: 'refused', reason } : { kind: 'moved', reason, state: typeof state === 'string' ? state : 'unknown' }
    }
    case 'state':
    case 'command': return 'at' in value && isStanding(value.at, partition) ? value as QueryAnswer : undefined
    case 'partition': return 'at' in value && (value.at === undefined || isStanding(value.at, partition)) && 'look' in value && 'occupancy' in value && Array.isArray(value.occupancy) ? value as QueryAnswer : undefined
    case 'flow': return flowAnswer(value, partition)
    default: return undefined
  }
}

function flowAnswer(value: object, partition: number): QueryAnswer | undefined {
  const { at, state, reason, owner, flow } = value as { readonly [K in keyof Extract<QueryAnswer, { readonly kind: 'flow' }>]?: unknown }
  if (typeof state !== 'string' || typeof reason !== 'string' || typeof owner !== 'string') return undefined
  if (at === undefined) return flow === undefined ? { kind: 'flow', at, state, reason, owner, flow } : undefined
  const live = parseLiveFlow(flow)
  return live === undefined || !isStanding(at, partition) ? undefined : { kind: 'flow', at: at as Standing, state, reason, owner, flow: live }
}

function isStanding(value: unknown, partition: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  const at = value as Partial<Record<keyof Standing, unknown>>
  return at.partition === partition && typeof at.life === 'string' && Number.isSafeInteger(at.epoch) && Number.isSafeInteger(at.seq)
}

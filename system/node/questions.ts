// Questions: what callers ask the owner of a partition, and what it answers, as they travel. Asking changes nothing (O3 of `call-owner.ts`).
//
// I12. An answer that tells of committed state says where it stands.
import type { EntityId } from '../protocol/ids.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityView } from '../partition/view.ts'
import type { LiveFlow } from './flow-answer.ts'
import type { PartitionLook } from './partition-look.ts'

export type Question =
  /** How is it? `atLeast`: where this is not reached, right after the batch in hand. */
  | { readonly kind: 'entity'; readonly id: EntityId; readonly atLeast?: Reached }
  /** What became of the command that stands at this offset of the inbox? `sum`: of its event. */
  | { readonly kind: 'command'; readonly id: EntityId; readonly command: string; readonly offset: number; readonly sum: number | undefined }
  /** How is the partition? `lag`: also how far it is behind, which costs the owner a look at the log. */
  | { readonly kind: 'partition'; readonly lag: boolean }
  /** What goes through it? `isWatched`: whoever asks will ask again soon, and wants its transitions counted until then. */
  | { readonly kind: 'flow'; readonly isWatched: boolean }

/** A place in the order of commits of a partition's life. */
export type Reached = Pick<Standing, 'epoch' | 'seq'>

/** A place in a partition's order of commits. */
export interface Standing {
  readonly partition: number
  readonly life: string
  readonly epoch: number
  readonly seq: number
}

/** What an owner says of its states, as of a commit. */
export interface StoredUpTo {
  /** Oldest commit of which a change is not stored yet; undefined: all is. */
  readonly dirtySeq: number | undefined
  /** Where the state topic ends. Others may see less of it for a while. */
  readonly stateEnd: number
}

export type QueryAnswer =
  | { readonly kind: 'state'; readonly at: Standing; readonly code: string; readonly watermarkMs: number | undefined; readonly entity: EntityView | undefined }
  /** `reply`: what the machine gave, null for nothing; undefined: the entity does not know of the command (any more), or refused it. `isOther`: under its id another event was sent before. */
  | { readonly kind: 'command'; readonly at: Standing; readonly isTaken: boolean; readonly reply: unknown; readonly isOther?: boolean }
  /** `at` is undefined, and nothing counted, while the partition is not live. `stored`: absent where the owner does not say. */
  | { readonly kind: 'partition'; readonly at: Standing | undefined; readonly look: PartitionLook; readonly occupancy: readonly (readonly [configuration: string, entities: number])[]; readonly parked: number; readonly stored?: StoredUpTo }
  /** `at` and `flow` are undefined while the partition is not live. `owner`: name of the membership. */
  | { readonly kind: 'flow'; readonly at: Standing | undefined; readonly state: string; readonly reason: string; readonly owner: string; readonly flow: LiveFlow | undefined }
  /** Who was asked does not own the partition, or not yet, or can no longer prove it. Ask again: the owner may be another by now. `state`: of the partition there. */
  | { readonly kind: 'moved'; readonly reason: string; readonly state: string }
  | { readonly kind: 'refused'; readonly reason: string }

/** Undefined: no question. */
export function parseQuestion(value: unknown): Question | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined
  if (value.kind === 'partition') return { kind: 'partition', lag: !('lag' in value && value.lag === false) }
  if (value.kind === 'flow') return 'isWatched' in value && typeof value.isWatched === 'boolean' ? { kind: 'flow', isWatched: value.isWatched } : undefined
  const id = 'id' in value && typeof value.id === 'string' ? parseEntityId(value.id) : undefined
  if (id === undefined) return undefined
  if (value.kind === 'entity') {
    const atLeast = 'atLeast' in value ? parseReached(value.atLeast) : undefined
    return atLeast === undefined ? { kind: 'entity', id } : { kind: 'entity', id, atLeast }
  }
  if (value.kind !== 'command' || !('command' in value) || typeof value.command !== 'string' || !('offset' in value) || !Number.isSafeInteger(value.offset)) return undefined
  return { kind: 'command', id, command: value.command, offset: value.offset as number, sum: 'sum' in value && typeof value.sum === 'number' ? value.sum : undefined }
}

function parseReached(value: unknown): Reached | undefined {
  if (typeof value !== 'object' || value === null || !('epoch' in value) || !('seq' in value)) return undefined
  const { epoch, seq } = value
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq) ? { epoch: epoch as number, seq: seq as number } : undefined
}

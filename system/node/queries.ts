// Queries: committed state of one entity or of a whole partition, asked of its owner.
//
// I12. An answer carries (partition, life, epoch, seq), shows committed state only, and is refused once the last proof of ownership is
// older than half the session timeout, checked after the answer is computed.
import { OperationError } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import { Unsettled } from '../partition/looks.ts'
import { commandKey, decodeEntity } from '../partition/entity.ts'
import type { Entity } from '../partition/entity.ts'
import type { Glance, Partition } from '../partition/partition.ts'
import type { PartitionParts } from '../partition/parts.ts'
import type { TypePlan } from '../partition/topology.ts'
import { entityView } from '../partition/view.ts'
import { liveFlow } from './flow-answer.ts'
import { absentLook, eventTimeOf, lagOf, positionsOf } from './partition-look.ts'
import type { Question, QueryAnswer, Reached, Standing } from './questions.ts'
import type { Replies } from './replies.ts'

export interface QueryPorts {
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
  /** Session timeout of the group; half of it is how old a proof of ownership may be. */
  readonly sessionMs: number
  readonly replies: Pick<Replies, 'to'>
}

/** Answers for one partition. */
export function answerQuestion(plan: TypePlan, partition: Partition, { log, codec, clock, sessionMs, replies }: QueryPorts, question: Question): Promise<QueryAnswer> {
  switch (question.kind) {
    case 'entity': return answerQuery(plan, partition, codec, clock, sessionMs, question.id, question.atLeast)
    case 'command': return proven(plan, partition, clock, sessionMs, (glance) => becameOf(plan, glance, partition.lease.partition, codec, replies, question))
    case 'partition': {
      const { state, reason, lease } = partition
      if (partition.live === undefined) return Promise.resolve({ kind: 'partition', at: undefined, look: { ...absentLook(plan.definition.name, lease.partition), state, reason }, occupancy: [], parked: 0 })
      return proven(plan, partition, clock, sessionMs, (glance) => partitionAnswer(question.lag ? log : undefined, plan, partition, glance))
    }
    case 'flow': {
      const { state, reason, lease: { partition: index, owner } } = partition
      if (partition.live === undefined) return Promise.resolve({ kind: 'flow', at: undefined, state, reason, owner, flow: undefined })
      return proven(plan, partition, clock, sessionMs, async (glance) => {
        const { flow, ...at } = await liveFlow(log, clock, plan, index, glance, question.isWatched)
        return { kind: 'flow', at: { partition: index, ...at }, state: partition.state, reason: partition.reason, owner, flow }
      })
    }
  }
}

export function answerQuery(plan: TypePlan, partition: Partition, codec: Codec, clock: Clock, sessionMs: number, id: EntityId, atLeast?: Reached): Promise<QueryAnswer> {
  return proven(plan, partition, clock, sessionMs, async (glance) => {
    const { memory } = glance.parts
    // The batch in hand may be the one that is asked for: readers of the log have its seq a moment before it is known here.
    const isBehind = (): boolean => atLeast !== undefined && atLeast.epoch === memory.epoch && glance.seq < atLeast.seq
    const sight = <T>(found: Found<T>): Promise<T> => (isBehind() ? resting(glance, id, found) : glance.at(id, found))
    const around = ({ memory: { entities: { befores }, watermarks, parked } }: PartitionParts) => ({ watermarkMs: befores === undefined ? watermarks?.committedMs : befores.watermarkMs, parked: parked.get(id) })
    const seen = await look(plan, glance, codec, id, sight, around, (entity, { watermarkMs, parked }) => ({
      watermarkMs, entity: entity === undefined ? undefined : entityView(plan.definition, entity, parked),
    }))
    return seen === undefined ? tooFast(id) : { kind: 'state', at: { partition: partition.lease.partition, ...seen.at }, code: plan.code, ...seen.value }
  })
}

const tooFast = (id: EntityId): QueryAnswer => ({ kind: 'refused', reason: `'${id}' changes faster than it can be read` })

async function proven(plan: TypePlan, partition: Partition, clock: Clock, sessionMs: number, answer: (glance: Glance) => Promise<QueryAnswer>): Promise<QueryAnswer> {
  const glance = partition.live
  if (glance === undefined) return { kind: 'moved', state: partition.state, reason: `partition ${partition.lease.partition} of '${plan.definition.name}' is ${partition.state}${partition.reason === '' ? '' : `: ${partition.reason}`}` }
  try {
    const answered = await answer(glance)
    // Last, so that a pause of this process cannot stand between the proof and the answer.
    if (clock.monotonicMs() - partition.lease.provenAtMs() > sessionMs / 2) return { kind: 'moved', state: partition.state, reason: 'the last proof of ownership is too old' }
    return answered
  } catch (thrown) {
    if (thrown instanceof Unsettled) return { kind: 'moved', state: partition.state, reason: thrown.message }
    throw thrown
  }
}

async function becameOf(plan: TypePlan, glance: Glance, partition: number, codec: Codec, replies: Pick<Replies, 'to'>, { id, command, offset, sum }: Extract<Question, { readonly kind: 'command' }>): Promise<QueryAnswer> {
  // What it has taken, and its replies, are in no copy.
  const seen = await look(plan, glance, codec, id, (found) => resting(glance, id, found), ({ position }) => position.of(plan.inbox) > offset, (entity, isConsumed) => {
    const known = entity?.seen.find(({ key }) => key === commandKey(command))
    const isOther = known?.sum !== undefined && sum !== undefined && known.sum !== sum
    // Held for the watermark it has not been taken.
    const isTaken = isConsumed && entity?.holds.some(({ origin }) => origin.source === 'command' && origin.id === command) !== true
    // Null is a reply: that the machine gave none.
    const reply = known?.reply === undefined && isTaken ? replies.to(plan.definition.name, id, command, sum) : known?.reply
    return { isTaken, isOther, reply: isOther ? undefined : reply }
  })
  return seen === undefined ? tooFast(id) : { kind: 'command', at: { partition, ...seen.at }, ...seen.value }
}

/** `log` is undefined where nobody wants to know how far it is behind. */
async function partitionAnswer(log: Log | undefined, plan: TypePlan, partition: Partition, glance: Glance): Promise<QueryAnswer> {
  const index = partition.lease.partition
  const { positions, ...seen } = await glance.atRest(() => ({
    at: { partition: index, ...standingOf(glance.parts) },
    positions: positionsOf(plan, glance.parts),
    eventTime: { ...eventTimeOf(glance.parts), watermarkMs: glance.parts.memory.watermarks?.committedMs },
    occupancy: [...glance.parts.memory.occupancy].filter(([, entities]) => entities !== 0),
    parked: glance.parts.memory.parked.size,
    stored: { dirtySeq: glance.parts.memory.entities.oldestDirtySeq(), stateEnd: glance.parts.committer.stateEnd },
  }))
  const lag = log === undefined ? {} : await lagOf(log, plan, index, positions)
  const { at, eventTime, occupancy, parked, stored } = seen
  return { kind: 'partition', at, look: { ...absentLook(plan.definition.name, index), state: partition.state, reason: partition.reason, ...lag, ...eventTime }, occupancy, parked, stored }
}

const standingOf = ({ memory: { life, epoch, seq } }: PartitionParts): Omit<Standing, 'partition'> => ({ life, epoch, seq })

/** Told the entity, where it is in memory, and the seq as of which it is so. */
type Found<T> = (entity: Entity | undefined, seq: number) => T

function resting<T>(glance: Glance, id: EntityId, found: Found<T>): Promise<T> {
  const { memory } = glance.parts
  return glance.atRest(() => found(memory.entities.peek(id), memory.seq))
}

interface Seen<T> {
  readonly at: Omit<Standing, 'partition'>
  readonly value: T
}

/** Loads that meet a state newer than the look are tried again so often. */
const LOOKS_MAX = 10

/** What `view` makes of the entity and of what stood `around` it at one moment of `sight`. Undefined: no load kept up with the commits. */
async function look<A, T>(plan: TypePlan, glance: Glance, codec: Codec, id: EntityId, sight: <S>(found: Found<S>) => Promise<S>, around: (parts: PartitionParts) => A, view: (entity: Entity | undefined, around: A) => T): Promise<Seen<T> | undefined> {
  const { parts } = glance
  const { states, memory } = parts
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const seen = await sight((entity, seq) => {
      const stood = around(parts)
      return { at: { ...standingOf(parts), seq }, isHere: entity !== undefined, stood, value: view(entity, stood) }
    })
    if (seen.isHere) return seen
    // Not in memory: its newest state is stored, and is what it was at the look unless a later commit wrote it meanwhile.
    const stored = (await states.load([id])).get(id)
    // It is not stored, nor was it in memory: at the look too, unless a commit since then ended it.
    if (stored === undefined && glance.seq === seen.at.seq && memory.entities.peek(id) === undefined) return seen
    if (stored !== undefined && stored.seq <= seen.at.seq) return { at: seen.at, value: view(restored(plan, codec, id, stored.seq, stored.value), seen.stood) }
  }
  return undefined
}

function restored(plan: TypePlan, codec: Codec, id: EntityId, seq: number, bytes: Uint8Array): Entity {
  const read = decodeEntity(codec, plan.definition, id, seq, bytes)
  if (read.kind === 'ok') return read.entity
  throw new OperationError('state/unfit', `${plan.definition.name} '${id}': ${read.reason}`)
}

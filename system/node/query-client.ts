// Query client: committed state, asked of the owner of its partition wherever that runs.
//
// I12. An answer that goes back in time within a life is rejected: it is one of an owner that was, and the question is asked again.
import { OperationError } from '../protocol/failures.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { Codec } from '../ports/codec.ts'
import type { TypePlan } from '../partition/topology.ts'
import { parseAnswer } from './answers.ts'
import { callOwner } from './call-owner.ts'
import type { CallPorts, Reading } from './call-owner.ts'
import type { Question, QueryAnswer, Standing } from './questions.ts'
import { SharedCalls } from './shared-calls.ts'

/** No owner answered. `state`: of the partition as last heard of, 'absent' where nobody has it. */
export interface Unanswered {
  readonly kind: 'refused'
  readonly reason: string
  readonly state: string
}

/** How long whoever asks waits. */
export interface Waiting {
  /** From the call on, ms. */
  readonly deadlineMs: number
  /** When it aborts, nobody waits any more. */
  readonly signal?: AbortSignal | undefined
}

/** A place that an answer must have reached: what its asker has seen, or written. With partition and life one of another partition, or of a life that was, is told apart. */
export type Place = Pick<Standing, 'epoch' | 'seq'> & Partial<Standing>

/** A place that no answer will reach: another partition's, or of a life that is over. */
export interface Misplaced {
  readonly kind: 'misplaced'
  readonly what: 'partition' | 'life'
  readonly reason: string
}

export function otherPartition(entity: EntityId, partition: number, atLeast: Place | undefined): Misplaced | undefined {
  if (atLeast?.partition === undefined || atLeast.partition === partition) return undefined
  return { kind: 'misplaced', what: 'partition', reason: `the place is of partition ${atLeast.partition}, and '${entity}' is in partition ${partition}` }
}

export function otherLife({ life }: Pick<Standing, 'life'>, atLeast: Place | undefined): Misplaced | undefined {
  if (atLeast?.life === undefined || atLeast.life === life) return undefined
  return { kind: 'misplaced', what: 'life', reason: `the place is of life ${atLeast.life} of the partition, which is over: it was begun anew as ${life}` }
}

type Moving = Extract<Reading<unknown>, { readonly kind: 'moving' }>
type AnswerOf<K extends QueryAnswer['kind']> = Extract<QueryAnswer, { readonly kind: K }>
export type LivePartition = AnswerOf<'partition'> & { readonly at: Standing }
export type FlowAnswer = AnswerOf<'flow'>
export type ClientAnswer = AnswerOf<'state'> | Unanswered

export interface CommandPlace {
  readonly entity: EntityId
  readonly id: string
  readonly partition: number
  readonly offset: number
  /** `eventSum` of its event. */
  readonly sum: number
}

export class QueryClient {
  readonly #ports: CallPorts
  readonly #shared: SharedCalls
  readonly #codec: Codec
  readonly #plans: ReadonlyMap<string, TypePlan>
  readonly #newest = new Map<string, Standing>()

  constructor(ports: CallPorts, codec: Codec, plans: ReadonlyMap<string, TypePlan>) {
    this.#ports = ports
    this.#shared = new SharedCalls(ports.rpc, ports.clock)
    this.#codec = codec
    this.#plans = plans
  }

  /** Ends within the deadline; `refused` with the last reason when no owner has answered by then, or none that has reached `atLeast`. Throws OperationError for a type or an id that cannot be. */
  get(type: string, id: string, waiting: Waiting): Promise<ClientAnswer>
  get(type: string, id: string, waiting: Waiting, atLeast: Place | undefined): Promise<ClientAnswer | Misplaced>
  async get(type: string, id: string, waiting: Waiting, atLeast?: Place): Promise<ClientAnswer | Misplaced> {
    const plan = this.#planOf(type)
    const entity = parseEntityId(id)
    if (entity === undefined) throw new OperationError('query/address', `'${id.slice(0, 80)}' is no entity id: UTF-8, 1..256 bytes`)
    const partition = partitionOf(utf8Encode(entity), plan.partitions)
    const misplaced = otherPartition(entity, partition, atLeast)
    if (misplaced !== undefined) return misplaced
    return this.#ask<AnswerOf<'state'> | Misplaced>(plan, partition, { kind: 'entity', id: entity, ...(atLeast === undefined ? {} : { atLeast: { epoch: atLeast.epoch, seq: atLeast.seq } }) }, waiting, (answer) => {
      if (answer.kind !== 'state') return undefined
      const misplaced = otherLife(answer.at, atLeast)
      if (misplaced !== undefined) return { kind: 'taken', value: misplaced }
      if (atLeast !== undefined && isBefore(answer.at, atLeast)) return moving(`its owner is at epoch ${answer.at.epoch}, seq ${answer.at.seq}, and has not reached epoch ${atLeast.epoch}, seq ${atLeast.seq}`, 'live')
      return { kind: 'taken', value: answer }
    })
  }

  /** What became of a command, once it is taken. */
  async command(type: string, { entity, id, partition, offset, sum }: CommandPlace, waiting: Waiting): Promise<AnswerOf<'command'> | Unanswered> {
    return this.#ask(this.#planOf(type), partition, { kind: 'command', id: entity, command: id, offset, sum }, waiting, (answer) => {
      if (answer.kind !== 'command') return undefined
      return answer.isTaken ? { kind: 'taken', value: answer } : moving('the command waits its turn', 'live')
    })
  }

  /** As it is: one that is assigned but not live tells its state and no more. */
  async partition(type: string, partition: number, waiting: Waiting): Promise<AnswerOf<'partition'> | Unanswered> {
    return this.#ask(this.#planOf(type), partition, { kind: 'partition', lag: true }, waiting, (answer) => (answer.kind === 'partition' ? { kind: 'taken', value: answer } : undefined))
  }

  /** Once it is live; how far it is behind is not asked. */
  async livePartition(type: string, partition: number, waiting: Waiting): Promise<LivePartition | Unanswered> {
    return this.#ask(this.#planOf(type), partition, { kind: 'partition', lag: false }, waiting, (answer) => {
      if (answer.kind !== 'partition') return undefined
      const { at, look } = answer
      return at === undefined ? moving(`it is ${look.state}${look.reason === '' ? '' : `: ${look.reason}`}`, look.state) : { kind: 'taken', value: { ...answer, at } }
    })
  }

  /** What goes through it, as it is: one that is not live tells its state alone. Asked once: whoever looks at what goes through, looks again. */
  async flow(type: string, partition: number, isWatched: boolean, waiting: Waiting): Promise<FlowAnswer | Unanswered> {
    return this.#ask(this.#planOf(type), partition, { kind: 'flow', isWatched }, waiting, (answer) => (answer.kind === 'flow' ? { kind: 'taken', value: answer } : undefined), true)
  }

  #planOf(type: string): TypePlan {
    const plan = this.#plans.get(type)
    if (plan === undefined) throw new OperationError('query/address', `there is no actor type '${type}'`)
    return plan
  }

  async #ask<T>({ group }: TypePlan, partition: number, question: Question, { deadlineMs, signal }: Waiting, read: (answer: QueryAnswer) => Reading<T> | undefined, isOnce = false): Promise<T | Unanswered> {
    const { clock, random } = this.#ports
    const rpc = question.kind === 'partition' ? this.#sharing(question.lag ? 'with lag' : 'without lag') : this.#ports.rpc
    const answer = await callOwner<T | Unanswered>({ rpc, clock, random }, {
      address: { group, partition }, request: this.#codec.encode(question), deadlineMs, isOnce, signal,
      read: (bytes) => this.#read(`${group}/${partition}`, partition, bytes, read),
    })
    return answer.kind === 'taken' ? answer.value : { kind: 'refused', reason: answer.reason, state: answer.state }
  }

  /** Questions that many ask alike. */
  #sharing(question: string): CallPorts['rpc'] {
    return { call: (address, request, deadlineMs) => this.#shared.call(address, question, request, deadlineMs) }
  }

  #read<T>(name: string, partition: number, bytes: Uint8Array, read: (answer: QueryAnswer) => Reading<T> | undefined): Reading<T | Unanswered> {
    const decoded = this.#codec.decode(bytes)
    const answer = decoded.kind === 'ok' ? parseAnswer(decoded.value, partition) : undefined
    if (answer?.kind === 'moved') return moving(answer.reason, answer.state)
    if (answer?.kind === 'refused') return { kind: 'taken', value: { ...answer, state: 'live' } }
    const reading = answer === undefined ? undefined : this.#inOrder(name, answer.at) ?? read(answer)
    return reading ?? { kind: 'taken', value: { kind: 'refused', reason: `what serves ${name} answers in a way that is not understood here; it may run another version`, state: 'unknown' } }
  }

  /** I12. Undefined: it is no older than those before. */
  #inOrder(name: string, at: Standing | undefined): Moving | undefined {
    if (at === undefined) return undefined
    const newest = this.#newest.get(name)
    if (newest?.life === at.life && isBefore(at, newest)) return moving(`the answer is older than one given before (epoch ${at.epoch}, seq ${at.seq})`, 'live')
    this.#newest.set(name, at)
    return undefined
  }
}

const moving = (reason: string, state: string): Moving => ({ kind: 'moving', reason, state })

export function isBefore(at: Place, other: Place): boolean {
  return at.epoch < other.epoch || (at.epoch === other.epoch && at.seq < other.seq)
}

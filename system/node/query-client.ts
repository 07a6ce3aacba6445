// Query client: the committed state of one entity, asked of the owner of its partition wherever that runs.
//
// I12. An answer that goes back in time within a life is rejected: it is one of an owner that was, and the question is asked again.
import { OperationError } from '../protocol/failures.ts'
import { parseEntityId } from '../protocol/ids.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { Codec } from '../ports/codec.ts'
import type { TypePlan } from '../partition/topology.ts'
import { callOwner } from './call-owner.ts'
import type { CallPorts, Reading } from './call-owner.ts'
import type { QueryAnswer, Standing } from './queries.ts'

/** With `moved` asked away. */
export type ClientAnswer = Exclude<QueryAnswer, { readonly kind: 'moved' }>

export class QueryClient {
  readonly #ports: CallPorts
  readonly #codec: Codec
  readonly #plans: ReadonlyMap<string, TypePlan>
  readonly #newest = new Map<string, Standing>()

  constructor(ports: CallPorts, codec: Codec, plans: ReadonlyMap<string, TypePlan>) {
    this.#ports = ports
    this.#codec = codec
    this.#plans = plans
  }

  /** Ends within the deadline; `refused` with the last reason when no owner has answered by then. Throws OperationError for a type or an id that cannot be. */
  async get(type: string, id: string, deadlineMs: number): Promise<ClientAnswer> {
    const plan = this.#plans.get(type)
    const entity = parseEntityId(id)
    if (plan === undefined || entity === undefined) throw new OperationError('query/address', plan === undefined ? `there is no actor type '${type}'` : `'${id.slice(0, 80)}' is no entity id: UTF-8, 1..256 bytes`)
    const address = { group: plan.group, partition: partitionOf(utf8Encode(entity), plan.partitions) }
    const answer = await callOwner(this.#ports, { address, request: this.#codec.encode(entity), deadlineMs, read: (bytes) => this.#read(`${plan.group}/${address.partition}`, address.partition, bytes) })
    return answer.kind === 'taken' ? answer.value : { kind: 'refused', reason: answer.reason }
  }

  #read(name: string, partition: number, bytes: Uint8Array): Reading<ClientAnswer> {
    const decoded = this.#codec.decode(bytes)
    const answer = decoded.kind === 'ok' ? parseAnswer(decoded.value, partition) : undefined
    if (answer === undefined) return { kind: 'taken', value: { kind: 'refused', reason: `what serves ${name} answers in a way that is not understood here; it may run another version` } }
    if (answer.kind === 'moved') return { kind: 'moving', reason: answer.reason }
    if (answer.kind === 'refused') return { kind: 'taken', value: answer }
    const newest = this.#newest.get(name)
    if (newest !== undefined && isBack(answer.at, newest)) return { kind: 'moving', reason: `the answer is older than one given before (epoch ${answer.at.epoch}, seq ${answer.at.seq})` }
    this.#newest.set(name, answer.at)
    return { kind: 'taken', value: answer }
  }
}

function isBack(at: Standing, newest: Standing): boolean {
  return newest.life === at.life && (at.epoch < newest.epoch || (at.epoch === newest.epoch && at.seq < newest.seq))
}

/** Undefined: no answer for this partition. What the entity is, its owner knows. */
function parseAnswer(value: unknown, partition: number): QueryAnswer | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined
  if (value.kind === 'moved' || value.kind === 'refused') return 'reason' in value && typeof value.reason === 'string' ? { kind: value.kind, reason: value.reason } : undefined
  if (value.kind !== 'state' || !('at' in value) || typeof value.at !== 'object' || value.at === null) return undefined
  const at = value.at as Partial<Record<keyof Standing, unknown>>
  const isStanding = at.partition === partition && typeof at.life === 'string' && Number.isSafeInteger(at.epoch) && Number.isSafeInteger(at.seq)
  return isStanding ? value as QueryAnswer : undefined
}

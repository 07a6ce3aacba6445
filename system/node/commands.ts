// Commands: events sent to an entity through its inbox, with the reply that the machine gives, once it is committed (U2).
//
// Owns: the callers that wait here, and what was replied of late. A command itself is durable from its append on; a retry with the same id gets the same reply.
import { OperationError } from '../protocol/failures.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { OutRecord } from '../protocol/record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { AppendOutcome, Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { SentCommand } from '../inspect/outcome.ts'
import type { CommandReply } from '../partition/batch.ts'
import { faultOfSent } from '../partition/decode.ts'
import { encodeEnvelope, eventSum } from '../partition/envelope.ts'
import type { TypePlan } from '../partition/topology.ts'
import { nameOf, Replies } from './replies.ts'
import { OVER } from '../protocol/within.ts'

/** Callers waiting at one time; more are refused. */
const WAITING_MAX = 10_000

/** A command as it stands in the inbox of its entity's type. Throws OperationError for what is no entity id and for an event that its owner would refuse to read, NotPlainData for one that cannot be stored. */
export function commandRecord(codec: Codec, plan: TypePlan, id: string, event: MachineEvent, commandId: string, nowMs: number): OutRecord {
  const entity = parseEntityId(id)
  if (entity === undefined) throw new OperationError('command/id', `'${id.slice(0, 80)}' is no entity id: UTF-8, 1..256 bytes`)
  const sum = eventSum(codec, event)
  const fault = faultOfSent(event)
  if (fault !== undefined) throw new OperationError('command/event', fault.failure.message)
  const key = utf8Encode(entity)
  const value = encodeEnvelope(codec, { kind: 'command', id: commandId, timeMs: nowMs, event, sum })
  return { topic: plan.inbox, partition: partitionOf(key, plan.partitions), key, value, headers: [], timestampMs: nowMs }
}

export type Sending =
  | { readonly kind: 'sent'; readonly command: SentCommand }
  | Exclude<AppendOutcome, { readonly kind: 'done' }>

/** Appends a command from anywhere: its outcome is read from the log (`inspect/outcome.ts`) or asked of its owner. Throws as `commandRecord`. */
export async function appendCommand(log: Log, codec: Codec, plan: TypePlan, id: string, event: MachineEvent, commandId: string, nowMs: number): Promise<Sending> {
  const record = commandRecord(codec, plan, id, event, commandId, nowMs)
  const journalFrom = await log.offsetsAt(plan.journal, record.partition, 'latest')
  const appended = await log.append([record])
  if (appended.kind !== 'done') return appended
  return { kind: 'sent', command: { id: commandId, entity: id as EntityId, partition: record.partition, offset: appended.offsets[0] ?? 0, journalFrom, sum: eventSum(codec, event) } }
}

export class Commands {
  readonly #log: Log
  readonly #codec: Codec
  readonly #clock: Clock
  readonly #random: Random
  readonly #plans: ReadonlyMap<string, TypePlan>
  /** By type, entity and command; several may wait for one. */
  readonly #waiting = new Map<string, Set<(reply: CommandReply) => void>>()
  #waiters = 0
  /** One for each caller that waits. */
  readonly #open = new Set<AbortController>()
  #isClosed = false
  readonly replies: Replies

  constructor(log: Log, codec: Codec, clock: Clock, random: Random, plans: ReadonlyMap<string, TypePlan>) {
    this.#log = log
    this.#codec = codec
    this.#clock = clock
    this.#random = random
    this.#plans = plans
    this.replies = new Replies(codec, clock)
  }

  /** Appends a command. Resolves with its id when it is durable; the entity takes it in its inbox order. */
  async send(type: string, id: string, event: MachineEvent, commandId = this.#random.uuid()): Promise<string> {
    const plan = this.#plans.get(type)
    if (plan === undefined) throw new OperationError('command/type', `there is no actor type '${type}'. Types: ${[...this.#plans.keys()].join(', ')}.`)
    const outcome = await this.#log.append([commandRecord(this.#codec, plan, id, event, commandId, this.#clock.nowMs())])
    if (outcome.kind !== 'done') throw new OperationError(`command/${outcome.kind}`, `the command was not taken: ${outcome.reason}. Send it again with the same id: it is applied once.`)
    return commandId
  }

  /** Sends a command to an entity owned here and waits for its reply (null when the machine gives none). */
  async ask(type: string, id: string, event: MachineEvent, options: { readonly deadlineMs: number; readonly commandId?: string }): Promise<unknown> {
    if (this.#waiters >= WAITING_MAX) throw new OperationError('command/full', `${WAITING_MAX} callers wait already`)
    const commandId = options.commandId ?? this.#random.uuid()
    const name = nameOf(type, id, commandId)
    const { promise: reply, resolve } = Promise.withResolvers<CommandReply>()
    const waiting = this.#waiting.get(name) ?? new Set()
    this.#waiting.set(name, waiting.add(resolve))
    this.#waiters += 1
    const over = new AbortController()
    this.#open.add(over)
    if (this.#isClosed) over.abort()
    const late = this.#clock.sleep(options.deadlineMs, over.signal).then(() => undefined)
    try {
      await this.send(type, id, event, commandId)
      const answer = await Promise.race([reply, late])
      if (answer === undefined) throw new OperationError('command/deadline', `no reply within ${options.deadlineMs} ms. The command '${commandId}' is durable: ask again with the same id for its reply.`)
      if (answer.sum !== undefined && answer.sum !== eventSum(this.#codec, event)) throw new OperationError('command/other-event', `'${id}' was sent another event under the id '${commandId}' before. Nothing came of this one: send it under an id of its own.`)
      if (answer.refused !== undefined) throw new OperationError('command/refused', `'${id}' refused the command, class ${answer.refused.class}: ${answer.refused.message}. It is a dead letter now.`)
      return answer.value
    } finally {
      over.abort(OVER)
      this.#open.delete(over)
      this.#waiters -= 1
      waiting.delete(resolve)
      if (waiting.size === 0 && this.#waiting.get(name) === waiting) this.#waiting.delete(name)
    }
  }

  /** Replies of a commit that was done. */
  settle(type: string, replies: readonly CommandReply[]): void {
    this.replies.keep(type, replies)
    for (const reply of replies) for (const take of this.#waiting.get(nameOf(type, reply.entity, reply.command)) ?? []) take(reply)
  }

  close(): void {
    this.#isClosed = true
    for (const over of this.#open) over.abort()
  }
}


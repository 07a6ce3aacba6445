// Sending: a command of a caller from outside, appended to the inbox of its entity's type.
import { appendCommand } from '../node/commands.ts'
import type { Sending } from '../node/commands.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import { NotPlainData } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { MachineEvent } from '../protocol/data.ts'
import { OperationError } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import { within } from '../protocol/within.ts'
import type { CommandResult } from './gateway.ts'

interface SendPorts {
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
}

type Unsent = Extract<CommandResult, { readonly kind: 'unfit' | 'rejected' | 'not-taken' }>

/** G3: durable, or not taken. */
export async function sendCommand({ log, codec, clock }: SendPorts, plan: TypePlan, id: EntityId, event: MachineEvent, key: string, deadlineMs: number): Promise<Extract<Sending, { readonly kind: 'sent' }> | Unsent> {
  try {
    const sending = await within(clock, appendCommand(log, codec, plan, id, event, key, clock.nowMs()), deadlineMs, (): Sending => ({ kind: 'unknown', reason: `the log has not confirmed it within ${deadlineMs} ms` }))
    if (sending.kind === 'sent') return sending
    return sending.kind === 'failed' ? { kind: 'rejected', reason: sending.reason } : { kind: 'not-taken', isCertain: sending.kind === 'busy', reason: sending.reason }
  } catch (thrown) {
    if (thrown instanceof NotPlainData || (thrown instanceof OperationError && thrown.code === 'command/event')) return { kind: 'unfit', reason: thrown.message }
    throw thrown
  }
}

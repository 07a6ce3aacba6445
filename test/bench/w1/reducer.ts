// The same account as a plain function behind the engine port: what the runtime costs when the step costs next to nothing.
//
// Its stored form is that of the statechart, so states of both can be compared and exchanged.
import { sha256Hex } from '../../../system/protocol/sha256.ts'
import type { Engine, EngineState, PreparedMachine, StepResult, StoredMachine } from '../../../system/ports/engine.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { COUNT, hasCooled, isSuspect, isVeryHigh, NEW_ACCOUNT, paid, SCORE } from './account.ts'
import type { Account, PaymentEvent, Standing } from './account.ts'
import type { Scored } from './machine.ts'

/** A step writes into the state before the one it is given, which nobody holds any more: an entity lives with two of them, and leaves no garbage. */
export interface State {
  standing: Standing
  readonly account: number[]
  spare: State | undefined
}

export function madeState(standing: Standing, account: Account): State {
  return { standing, account: account.slice(), spare: undefined }
}

function spareOf(state: State): State {
  const { account } = state
  if (state.spare === undefined) {
    state.spare = madeState(state.standing, account)
    state.spare.spare = state
    return state.spare
  }
  const copy = state.spare.account
  for (let index = 0; index < account.length; index += 1) copy[index] = account[index] as number
  return state.spare
}

const NAMES = ['normal', 'suspicious', 'blocked'] as const
const stateOf = (state: State): EngineState => state as unknown as EngineState
const read = (state: EngineState): State => state as unknown as State

function next(standing: Standing, account: Account, event: PaymentEvent): Standing {
  if (standing === 0) return isSuspect(account, event) ? 1 : 0
  if (standing === 1) return isVeryHigh(event) ? 2 : 1
  return hasCooled(account, event) ? 0 : 2
}

export const newState = (): State => madeState(0, NEW_ACCOUNT)

/** The state after a payment. What was the state before the given one is written over. */
export function stepped(old: State, payment: PaymentEvent): State {
  const { standing: from, account: before } = old
  const to = next(from, before, payment)
  const after = spareOf(old)
  paid(before, payment, from, to, after.account)
  after.standing = to
  return after
}

/** What the account says after a payment. */
export function outputOf({ account, standing }: State, { seq }: PaymentEvent): Scored {
  return { type: 'scored', count: account[COUNT] as number, seq, score: account[SCORE] as number, state: standing }
}

function step(state: EngineState, event: MachineEvent): StepResult {
  const payment = event as unknown as PaymentEvent
  const after = stepped(read(state), payment)
  return { kind: 'ok', state: stateOf(after), effects: [{ kind: 'emit', event: outputOf(after, payment) as unknown as MachineEvent }] }
}

function restore({ value, context }: StoredMachine): EngineState | undefined {
  const standing = NAMES.indexOf(value as (typeof NAMES)[number])
  return standing === -1 ? undefined : stateOf(madeState(standing as Standing, (context as { readonly account: Account }).account))
}

const machine: PreparedMachine = {
  hash: sha256Hex('w1 reducer 1'),
  tells: [], emits: ['scored'], infers: [], lookups: [], states: NAMES, transitions: [],
  outline: () => ({ id: 'account', states: [], transitions: [] }),
  initial: () => ({ kind: 'ok', state: stateOf(newState()), effects: [] }),
  step,
  store: (state) => ({ value: NAMES[read(state).standing], context: { account: read(state).account }, status: 'active' }),
  restore,
  status: () => 'active',
  configuration: (state) => NAMES[read(state).standing],
  context: (state) => ({ account: read(state).account }),
  runTask: () => Promise.reject(new TypeError('an account has no tasks')),
}

export const reducerEngine: Engine = { name: 'reducer', prepare: () => ({ kind: 'ok', machine }) }

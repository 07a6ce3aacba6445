// The same account as a plain function behind the engine port: what the runtime costs when the step costs next to nothing.
//
// Its stored form is that of the statechart, so states of both can be compared and exchanged.
import { sha256Hex } from '../../../system/protocol/sha256.ts'
import type { Engine, EngineState, PreparedMachine, StepResult, StoredMachine } from '../../../system/ports/engine.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { COUNT, hasCooled, isSuspect, isVeryHigh, NEW_ACCOUNT, paid, SCORE } from './account.ts'
import type { Account, PaymentEvent, Standing } from './account.ts'

/** A step writes into the state before the one it is given, which nobody holds any more: an entity lives with two of them, and leaves no garbage. */
interface State {
  standing: Standing
  readonly account: number[]
  spare: State | undefined
}

function madeState(standing: Standing, account: Account): State {
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

function step(state: EngineState, event: MachineEvent): StepResult {
  const old = read(state)
  const { standing: from, account: before } = old
  const payment = event as unknown as PaymentEvent
  const to = next(from, before, payment)
  const after = spareOf(old)
  const account = paid(before, payment, from, to, after.account)
  after.standing = to
  return { kind: 'ok', state: stateOf(after), effects: [{ kind: 'emit', event: { type: 'scored', count: account[COUNT], seq: payment.seq, score: account[SCORE], state: to } }] }
}

function restore({ value, context }: StoredMachine): EngineState | undefined {
  const standing = NAMES.indexOf(value as (typeof NAMES)[number])
  return standing === -1 ? undefined : stateOf(madeState(standing as Standing, (context as { readonly account: Account }).account))
}

const machine: PreparedMachine = {
  hash: sha256Hex('w1 reducer 1'),
  tells: [], emits: ['scored'], infers: [], lookups: [], states: NAMES,
  initial: () => ({ kind: 'ok', state: stateOf(madeState(0, NEW_ACCOUNT)), effects: [] }),
  step,
  store: (state) => ({ value: NAMES[read(state).standing], context: { account: read(state).account }, status: 'active' }),
  restore,
  status: () => 'active',
  configuration: (state) => NAMES[read(state).standing],
  context: (state) => ({ account: read(state).account }),
  runTask: () => Promise.reject(new TypeError('an account has no tasks')),
}

export const reducerEngine: Engine = { name: 'reducer', prepare: () => ({ kind: 'ok', machine }) }

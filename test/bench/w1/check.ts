// W1's checker: recomputes everything from the workload and compares it with what a log holds.
//
// Owns: the verdict. A run whose outputs it does not find whole has no figure.
//
// V1. Per account the outputs are 1, 2, 3 ... of its payments, each once, in this order, with the standing and (within 1e-9) the score of the reference.
// V2. Every account's newest stored state is the reference's: the same numbers, the score within 1e-9.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { recordsOf } from '../../../adapters/node/outputs.ts'
import type { Log } from '../../../system/ports/log.ts'
import { stateTopic } from '../../../system/protocol/ids.ts'
import { utf8Decode } from '../../../system/protocol/utf8.ts'
import { SCORE } from './account.ts'
import type { Account } from './account.ts'
import { accountName, paymentAt } from './events.ts'
import type { Workload } from './events.ts'
import type { Scored } from './machine.ts'
import { Reference } from './reference.ts'
import { OUTPUT, scoredOf } from './system.ts'

const SCORE_ERROR_MAX = 1e-9
const NOTHING = new Uint8Array(32)
const NAMES = ['normal', 'suspicious', 'blocked']

export interface CheckVerdict {
  readonly outputs: number
  readonly states: number
  /** How many of each kind, and the first of all in words; '' when nothing is wrong. */
  readonly lost: number
  readonly repeated: number
  readonly wrong: number
  readonly wrongStates: number
  readonly first: string
}

export function isWhole({ lost, repeated, wrong, wrongStates }: CheckVerdict): boolean {
  return lost + repeated + wrong + wrongStates === 0
}

/** `states`: whether the states are stored, which an orderly end of a run promises. */
export async function checkRun(log: Log, workload: Workload, options: { readonly states: boolean; readonly output?: string }): Promise<CheckVerdict> {
  const check = new Check(workload)
  for await (const { record } of recordsOf(log, options.output ?? OUTPUT)) check.output(textOf(record.key), scoredOf(record.value ?? NOTHING))
  if (options.states) {
    const newest = new Map<string, Uint8Array | null>()
    for await (const { record } of recordsOf(log, stateTopic('w1', 'account'))) {
      if (record.key !== null && record.key[0] !== 0xff) newest.set(textOf(record.key), record.value)
    }
    for (const [name, value] of newest) check.state(name, value)
    check.statesEnd(newest.size)
  }
  return check.verdict()
}

const textOf = (bytes: Uint8Array | null): string => (bytes === null ? undefined : utf8Decode(bytes)) ?? ''

class Check {
  readonly #reference: Reference
  readonly #workload: Workload
  /** What payment n of an account must give stands at `#base[account] + n - 1`. */
  readonly #base: Uint32Array
  readonly #scores: Float64Array
  readonly #standings: Uint8Array
  readonly #next: Uint32Array
  #outputs = 0
  #states = 0
  #repeated = 0
  #wrong = 0
  #wrongStates = 0
  #first = ''

  constructor(workload: Workload) {
    const { events, accounts } = workload
    this.#workload = workload
    this.#reference = new Reference(accounts)
    this.#base = new Uint32Array(accounts + 1)
    this.#scores = new Float64Array(events)
    this.#standings = new Uint8Array(events)
    this.#next = new Uint32Array(accounts)
    for (let i = 0; i < events; i += 1) count(this.#base, paymentAt(workload, i).account + 1)
    for (let account = 0; account < accounts; account += 1) this.#base[account + 1] = numberAt(this.#base, account + 1) + numberAt(this.#base, account)
    for (let i = 0; i < events; i += 1) {
      const payment = paymentAt(workload, i)
      this.#reference.apply(payment)
      const at = numberAt(this.#base, payment.account) + this.#reference.countOf(payment.account) - 1
      this.#scores[at] = this.#reference.scoreOf(payment.account)
      this.#standings[at] = this.#reference.standingOf(payment.account)
    }
  }

  output(name: string, { count: nth, seq, score, state }: Scored): void {
    this.#outputs += 1
    const account = this.#accountOf(name)
    const expected = numberAt(this.#next, account) + 1
    if (account === -1 || nth !== seq || seq > this.#paymentsOf(account)) return this.#note('wrong', `${name}: an output that belongs to no payment: ${seq}`)
    if (seq < expected) return this.#note('repeated', `${name}: output ${seq} after output ${expected - 1}`)
    if (seq > expected) this.#note('wrong', `${name}: output ${seq} in place of ${expected}`)
    this.#next[account] = seq
    const at = numberAt(this.#base, account) + seq - 1
    const isScore = Math.abs(score - numberAt(this.#scores, at)) <= SCORE_ERROR_MAX
    if (!isScore || state !== numberAt(this.#standings, at)) this.#note('wrong', `${name}: output ${seq} says ${score}, ${state}; must say ${numberAt(this.#scores, at)}, ${numberAt(this.#standings, at)}`)
  }

  state(name: string, value: Uint8Array | null): void {
    this.#states += 1
    const account = this.#accountOf(name)
    const stored = value === null || account === -1 ? undefined : storedOf(value)
    if (stored === undefined || this.#paymentsOf(account) === 0) return this.#note('wrongStates', `${name}: a state of no account`)
    const kept = stored.context.account
    const wanted = this.#reference.numbersOf(account)
    const isSame = kept.length === wanted.length && wanted.every((one, at) => (at === SCORE ? Math.abs(one - (kept[at] ?? NaN)) <= SCORE_ERROR_MAX : one === kept[at]))
    if (!isSame || stored.value !== NAMES[this.#reference.standingOf(account)]) this.#note('wrongStates', `${name}: its state is not that of the reference`)
  }

  /** Accounts whose state is missing are wrong, too. */
  statesEnd(found: number): void {
    let paying = 0
    for (let account = 0; account < this.#workload.accounts; account += 1) if (this.#paymentsOf(account) > 0) paying += 1
    for (let missing = found; missing < paying; missing += 1) this.#note('wrongStates', `${paying - found} states are missing`)
  }

  verdict(): CheckVerdict {
    let passed = 0
    for (const seq of this.#next) passed += seq
    const lost = this.#workload.events - passed
    const first = this.#first === '' && lost > 0 ? `${lost} outputs are missing at the ends of accounts` : this.#first
    return { outputs: this.#outputs, states: this.#states, lost, repeated: this.#repeated, wrong: this.#wrong, wrongStates: this.#wrongStates, first }
  }

  #paymentsOf(account: number): number {
    return numberAt(this.#base, account + 1) - numberAt(this.#base, account)
  }

  #accountOf(name: string): number {
    const account = Number(name.slice(1))
    return name === accountName(account) && account < this.#workload.accounts ? account : -1
  }

  #note(kind: 'repeated' | 'wrong' | 'wrongStates', text: string): void {
    if (this.#first === '') this.#first = text
    if (kind === 'repeated') this.#repeated += 1
    else if (kind === 'wrong') this.#wrong += 1
    else this.#wrongStates += 1
  }
}

interface Stored {
  readonly value: unknown
  readonly context: { readonly account: Account }
}

function storedOf(bytes: Uint8Array): Stored | undefined {
  const decoded = cborCodec.decode(bytes)
  return decoded.kind === 'ok' ? (decoded.value as { readonly m?: Stored }).m : undefined
}

const numberAt = (list: Uint32Array | Float64Array | Uint8Array, at: number): number => list[at] ?? 0

function count(list: Uint32Array, at: number): void {
  list[at] = numberAt(list, at) + 1
}

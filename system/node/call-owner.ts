// Calling an owner: a question to whoever owns a partition, asked again while the partition moves.
//
// O1. It ends within its deadline, with what `read` took from an answer or with the last reason why there is none.
// O2. Asked again is what a move explains: nobody serves, no answer in the time of a try, or an answer that `read` does not take. A call that failed is not.
// O3. A try gets half of the time that is left, so that an owner that hangs does not use up all of it. A question may thus be asked
//     of two owners: it must change nothing.
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Rpc, RpcAddress } from '../ports/rpc.ts'

const PAUSE_MS_MIN = 10
const PAUSE_MS_MAX = 500
/** Below this, time is not halved any more. */
const TRY_MS_MIN = 50
/** With less than this left nobody is asked again: it would only hide why the tries before came to nothing. */
const AGAIN_MS_MIN = 10

/** What an answer means: `moving` is none of the owner, or none of now. `state`: of the partition, as far as that answer tells. */
export type Reading<T> =
  | { readonly kind: 'taken'; readonly value: T }
  | { readonly kind: 'moving'; readonly reason: string; readonly state: string }

export type OwnerAnswer<T> =
  | { readonly kind: 'taken'; readonly value: T }
  | { readonly kind: 'none'; readonly reason: string; readonly state: string }

export interface OwnerCall<T> {
  readonly address: RpcAddress
  readonly request: Uint8Array
  readonly deadlineMs: number
  readonly read: (answer: Uint8Array) => Reading<T>
  /** Whoever asks will ask again by itself: one try has all of the time. */
  readonly isOnce?: boolean
  /** Ends it early: nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined
}

export interface CallPorts {
  readonly rpc: Pick<Rpc, 'call'>
  readonly clock: Clock
  readonly random: Random
}

export async function callOwner<T>({ rpc, clock, random }: CallPorts, { address, request, deadlineMs, read, isOnce = false, signal }: OwnerCall<T>): Promise<OwnerAnswer<T>> {
  const untilMs = clock.monotonicMs() + deadlineMs
  let reason = 'there was no time to ask'
  let state = 'unknown'
  let tries = 0
  for (;;) {
    const leftMs = untilMs - clock.monotonicMs()
    if (!(leftMs > (tries === 0 ? 0 : AGAIN_MS_MIN))) return { kind: 'none', reason: `no answer for ${address.group}/${address.partition} within ${deadlineMs} ms, asked ${tries} times; the last: ${reason}`, state }
    if (signal?.aborted === true) return { kind: 'none', reason: 'whoever asked does not wait for it any more', state }
    const reading = await unlessGone(tryOnce(rpc, address, request, isOnce ? leftMs : Math.min(leftMs, Math.max(TRY_MS_MIN, leftMs / 2)), read), signal)
    if (reading === 'gone') continue
    if (reading.kind !== 'moving') return reading
    if (isOnce) return { ...reading, kind: 'none' }
    reason = reading.reason
    state = reading.state
    await clock.sleep(Math.max(0, Math.min(pauseMs(tries, random), untilMs - clock.monotonicMs())), signal)
    tries += 1
  }
}

/** 'gone' as soon as nobody waits for it any more. The call itself ends in its time. */
async function unlessGone<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | 'gone'> {
  if (signal === undefined) return work
  const { promise, resolve } = Promise.withResolvers<'gone'>()
  const leave = (): void => resolve('gone')
  signal.addEventListener('abort', leave)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

async function tryOnce<T>(rpc: Pick<Rpc, 'call'>, address: RpcAddress, request: Uint8Array, tryMs: number, read: (answer: Uint8Array) => Reading<T>): Promise<Reading<T> | OwnerAnswer<T>> {
  const result = await rpc.call(address, request, tryMs)
  switch (result.kind) {
    case 'answer': return read(result.bytes)
    case 'no-server': return { kind: 'moving', reason: `nobody owns the partition now${result.reason === undefined ? '' : `: ${result.reason}`}`, state: 'absent' }
    case 'deadline': return { kind: 'moving', reason: `no answer within ${Math.round(tryMs)} ms`, state: 'silent' }
    case 'failed': return { kind: 'none', reason: result.reason, state: 'unknown' }
  }
}

/** Half fixed, half chance. */
function pauseMs(tries: number, random: Random): number {
  const ceilingMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * (1 << Math.min(tries, 10)))
  return ceilingMs * (0.5 + random.next() / 2)
}

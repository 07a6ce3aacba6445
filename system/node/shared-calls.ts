// Shared calls: equal questions to one address that are under way together are one call, so that many who look at the same thing cost its owner one look.
//
// Owns: the calls under way. Keeps no answer: whoever asks when none is under way makes a call.
//
// H1. Each caller's own deadline counts. An answer may have been made up to a call's length before it was asked for; `query-client.ts` rejects one that goes back.
import type { Rpc, RpcAddress, RpcResult } from '../ports/rpc.ts'
import { within } from '../protocol/within.ts'
import type { Sleeper } from '../protocol/within.ts'

export class SharedCalls {
  readonly #rpc: Pick<Rpc, 'call'>
  readonly #clock: Sleeper
  readonly #underWay = new Map<string, Promise<RpcResult>>()

  constructor(rpc: Pick<Rpc, 'call'>, clock: Sleeper) {
    this.#rpc = rpc
    this.#clock = clock
  }

  /** `question`: equal for requests of equal bytes. */
  call(address: RpcAddress, question: string, request: Uint8Array, deadlineMs: number): Promise<RpcResult> {
    const name = `${address.group}/${address.partition} ${question}`
    const known = this.#underWay.get(name)
    if (known !== undefined) return within(this.#clock, known, deadlineMs, () => ({ kind: 'deadline' }))
    const call = this.#rpc.call(address, request, deadlineMs).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, call)
    return call
  }
}

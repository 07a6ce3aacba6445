// Watches a running W1 as the HTTP face does for one caller: documents as they change, patches between them, as JSON.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { systemClock, systemRandom } from '../../../adapters/node/clock.ts'
import type { Embedded } from '../../../adapters/node/embedded.ts'
import type { FlowDocument } from '../../../system/gateway/flow-document.ts'
import { OwnerGateway } from '../../../system/gateway/owner-gateway.ts'
import { planSystem } from '../../../system/partition/topology.ts'
import { patchBetween } from '../../../system/protocol/merge-patch.ts'

export interface Watched {
  readonly looks: number
  readonly bytes: number
  /** Transitions and inputs of the last document. */
  readonly taken: number
  readonly inputs: number
}

/** Call the returned function to end it. */
export async function watchW1({ rpc, log, system }: Embedded): Promise<() => Promise<Watched>> {
  const gateway = new OwnerGateway({ rpc: await rpc(), log, codec: cborCodec, clock: systemClock, random: systemRandom }, planSystem(system))
  const over = new AbortController()
  let [looks, bytes] = [0, 0]
  let given: FlowDocument | undefined
  const watching = (async () => {
    for await (const document of gateway.watch(gateway.types().map(({ type }) => type), over.signal)) {
      looks += 1
      bytes += JSON.stringify(patchBetween({ ...given }, { ...document })).length
      given = document
    }
  })()
  return async () => {
    over.abort()
    await watching
    const flows = Object.values(given?.types ?? {})
    const taken = flows.flatMap((flow) => Object.values(flow.taken)).reduce((sum, count) => sum + count, 0)
    return { looks, bytes, taken, inputs: flows.reduce((sum, { inputs }) => sum + inputs, 0) }
  }
}

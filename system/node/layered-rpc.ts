// Layered rpc: the owners of this process first, then those that another medium reaches.
import type { Rpc } from '../ports/rpc.ts'

/** Serves on both; a call goes to the far one only where nobody near serves its address. Closing closes both. */
export function layeredRpc(near: Rpc, far: Rpc | undefined): Rpc {
  if (far === undefined) return near
  return {
    serve: async (address, answer) => {
      const stopNear = await near.serve(address, answer)
      const stopFar = await far.serve(address, answer).catch(async (thrown: unknown) => {
        // Whoever served in part could not end it.
        await stopNear()
        throw thrown
      })
      return async () => void await Promise.all([stopNear(), stopFar()])
    },
    call: async (address, request, deadlineMs) => {
      const here = await near.call(address, request, deadlineMs)
      if (here.kind !== 'no-server') return here
      // It said so at once (C2), so that the time is not used up.
      const there = await far.call(address, request, deadlineMs)
      return there.kind === 'no-server' ? here : there
    },
    close: async () => void await Promise.all([near.close(), far.close()]),
  }
}

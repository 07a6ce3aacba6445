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
      const answer = await near.call(address, request, deadlineMs)
      // At once (C2), so that the time is not used up.
      return answer.kind === 'no-server' ? far.call(address, request, deadlineMs) : answer
    },
    close: async () => void await Promise.all([near.close(), far.close()]),
  }
}

// Request and reply within one process.
import type { Clock } from '../../system/ports/clock.ts'
import type { Rpc, RpcAddress, RpcResult } from '../../system/ports/rpc.ts'
import { OVER } from '../../system/protocol/within.ts'

type Server = (request: Uint8Array) => Promise<Uint8Array>

const nameOf = ({ group, partition }: RpcAddress): string => `${group}/${partition}`

/** An in-process Rpc. `clock` times deadlines. */
export function memoryRpc(clock: Clock): Rpc {
  const servers = new Map<string, Server>()
  return {
    serve: async (address, answer) => {
      servers.set(nameOf(address), answer)
      return async () => {
        if (servers.get(nameOf(address)) === answer) servers.delete(nameOf(address))
      }
    },
    call: async (address, request, deadlineMs) => {
      const server = servers.get(nameOf(address))
      if (server === undefined) return { kind: 'no-server' }
      const over = new AbortController()
      const late = clock.sleep(deadlineMs, over.signal).then((): RpcResult => ({ kind: 'deadline' }))
      const answered = server(new Uint8Array(request)).then(
        (bytes): RpcResult => ({ kind: 'answer', bytes: new Uint8Array(bytes) }),
        (thrown: unknown): RpcResult => ({ kind: 'failed', reason: thrown instanceof Error ? thrown.message : String(thrown) }),
      )
      return Promise.race([answered, late]).finally(() => over.abort(OVER))
    },
    close: async () => servers.clear(),
  }
}

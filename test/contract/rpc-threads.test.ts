import { wallClock } from '../../adapters/memory/clock.ts'
import { memoryRpc } from '../../adapters/memory/rpc.ts'
import { ThreadCalls, threadServers } from '../../adapters/node/threads/rpc.ts'
import { layeredRpc } from '../../system/node/layered-rpc.ts'
import type { Rpc } from '../../system/ports/rpc.ts'
import { rpcContract } from './rpc.ts'

/** Both sides on one thread; what they say is cloned as between two. */
function threadRpc(): Rpc {
  const calls = new ThreadCalls<'thread'>(wallClock, (_thread, message) => servers.take(structuredClone(message)))
  const servers = threadServers(wallClock, (message) => calls.take('thread', structuredClone(message)))
  return { ...servers.rpc, call: calls.rpc.call }
}

rpcContract('thread rpc', async () => threadRpc())
rpcContract('layered rpc', async () => layeredRpc(threadRpc(), memoryRpc(wallClock)))

import { wallClock } from '../../adapters/memory/clock.ts'
import { memoryRpc } from '../../adapters/memory/rpc.ts'
import { rpcContract } from './rpc.ts'

rpcContract('memory rpc', async () => memoryRpc(wallClock))

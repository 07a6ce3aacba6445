// The rpc port's contract over the NATS server that STATELOG_NATS names.
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { openNatsRpc } from '../../adapters/nats/rpc.ts'
import { rpcContract } from '../contract/rpc.ts'

const url = process.env['STATELOG_NATS']

if (url === undefined) test('NATS: the contract of the rpc port', { ['skip']: 'STATELOG_NATS names no server: nats://host:4222' }, () => {})
else rpcContract('NATS', () => openNatsRpc({ url, prefix: `t${randomUUID()}` }))

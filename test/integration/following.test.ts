// Who follows an entity in a running system is told of its changes, and of its partition while that moves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntityResult } from '../../system/gateway/gateway.ts'
import { served } from '../support/gateway.ts'
import { entityId } from '../support/partition/bench.ts'

const A = entityId('a')
const IN_TIME = { deadlineMs: 5000 }

test('a follower sees each state that stays for long, over a partition that moves, and whom there is not', async (t) => {
  const { gateway, node, log, rpc } = await served(t)
  const over = new AbortController()
  const updates = gateway.follow('counter', A, over.signal)[Symbol.asyncIterator]()
  const told = async () => {
    const { value } = await updates.next() as { readonly value: EntityResult }
    return value.kind === 'entity' ? value.answer.entity?.context ?? 'none' : value.state
  }
  assert.equal(await told(), 'none')
  for (let n = 1; n <= 2; n += 1) {
    await gateway.command('counter', A, { type: 'add', by: 1 }, `k${n}`, IN_TIME)
    assert.deepEqual(await told(), { n })
  }
  await node.stop()
  assert.equal(await told(), 'absent')
  const again = await served(t, { log, rpc })
  assert.deepEqual(await told(), { n: 2 })
  await again.gateway.command('counter', A, { type: 'add', by: 5 }, 'k3', IN_TIME)
  assert.deepEqual(await told(), { n: 7 })
  over.abort()
  assert.deepEqual(await updates.next(), { value: undefined, done: true })
  assert.throws(() => gateway.follow('nothing', A, over.signal), { code: 'gateway/type' })
})

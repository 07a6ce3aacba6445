import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wallClock } from '../../../../../adapters/memory/clock.ts'
import { memoryRpc } from '../../../../../adapters/memory/rpc.ts'
import { ThreadCalls } from '../../../../../adapters/node/threads/rpc.ts'
import { layeredRpc } from '../../../../../system/node/layered-rpc.ts'

const HERE = { group: 'shop.card', partition: 3 }
const request = new Uint8Array([1])

test('R1: with a thread its servers and the calls to it are over, and an answer that comes late is nobody\'s', async () => {
  const posted: number[] = []
  const calls = new ThreadCalls<string>(wallClock, (_thread, { id }) => posted.push(id))
  calls.take('first', { kind: 'serving', address: HERE, isServed: true })
  const call = calls.call(HERE, request, 60_000)
  calls.forget('first')
  assert.deepEqual(await call, { kind: 'no-server' })
  assert.deepEqual(await calls.call(HERE, request, 60_000), { kind: 'no-server' })
  calls.take('first', { kind: 'answer', id: posted[0] ?? -1, result: { kind: 'answer', bytes: request } })
})

test('a thread that stops serving does not end what its heir serves', async () => {
  const asked: string[] = []
  const calls = new ThreadCalls<string>(wallClock, (thread) => asked.push(thread))
  calls.take('first', { kind: 'serving', address: HERE, isServed: true })
  calls.take('heir', { kind: 'serving', address: HERE, isServed: true })
  calls.take('first', { kind: 'serving', address: HERE, isServed: false })
  assert.deepEqual(await calls.call(HERE, request, 1), { kind: 'deadline' })
  assert.deepEqual(asked, ['heir'])
})

test('calls to an owner that is silent, and whose callers have gone, do not hold up those to others', async () => {
  const there = { ...HERE, partition: 4 }
  const calls: ThreadCalls<string> = new ThreadCalls<string>(wallClock, (thread, { id }) => {
    if (thread === 'awake') calls.take(thread, { kind: 'answer', id, result: { kind: 'answer', bytes: request } })
  })
  calls.take('silent', { kind: 'serving', address: HERE, isServed: true })
  calls.take('awake', { kind: 'serving', address: there, isServed: true })
  const waiting = Array.from({ length: 20_000 }, () => calls.call(HERE, request, 60_000))
  assert.equal((await calls.call(there, request, 60_000)).kind, 'answer')
  calls.forget('silent')
  assert.ok((await Promise.all(waiting)).some(({ kind }) => kind === 'failed'), 'and are bounded')
  calls.take('heir', { kind: 'serving', address: HERE, isServed: true })
  assert.equal((await calls.call(HERE, request, 1)).kind, 'deadline')
})

test('only what nobody near serves goes further', async () => {
  const [near, far] = [memoryRpc(wallClock), memoryRpc(wallClock)]
  const layered = layeredRpc(near, far)
  await far.serve(HERE, async () => new Uint8Array([2]))
  assert.deepEqual(await layered.call(HERE, request, 1000), { kind: 'answer', bytes: new Uint8Array([2]) })
  await near.serve(HERE, async () => new Uint8Array([1]))
  assert.deepEqual(await layered.call(HERE, request, 1000), { kind: 'answer', bytes: new Uint8Array([1]) })
})

test('where the far one cannot be served, the near one is not either', async () => {
  const near = memoryRpc(wallClock)
  const far = { ...memoryRpc(wallClock), serve: async () => { throw new RangeError('no') } }
  await assert.rejects(layeredRpc(near, far).serve(HERE, async () => request), RangeError)
  assert.deepEqual(await near.call(HERE, request, 1000), { kind: 'no-server' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wallClock } from '../../../../../adapters/memory/clock.ts'
import { memoryRpc } from '../../../../../adapters/memory/rpc.ts'
import { ThreadCalls, threadServers } from '../../../../../adapters/node/threads/rpc.ts'
import { layeredRpc } from '../../../../../system/node/layered-rpc.ts'

const HERE = { group: 'shop.card', partition: 3 }
const request = new Uint8Array([1])
const answerTo = (id: number) => ({ kind: 'answers', answers: { heads: [{ id }], ends: [1], bytes: request } }) as const
const posted = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('R1: with a thread its servers and the calls to it are over, and an answer that comes late is nobody\'s', async () => {
  const asked: number[] = []
  const calls = new ThreadCalls<string>(wallClock, (_thread, bundle) => asked.push(...bundle.calls.heads.map(({ id }) => id)))
  calls.take('first', { kind: 'serving', address: HERE, isServed: true })
  const call = calls.call(HERE, request, 60_000)
  await posted()
  calls.forget('first')
  assert.deepEqual(await call, { kind: 'no-server' })
  assert.deepEqual(await calls.call(HERE, request, 60_000), { kind: 'no-server' })
  calls.take('first', answerTo(asked[0] ?? -1))
})

test('where nobody serves, the reason is told why a thread is missing; by layers too', async () => {
  const absences: (string | undefined)[] = [undefined, 'it does not start', 'it does not start']
  const calls = new ThreadCalls<string>(wallClock, () => {}, () => absences.shift())
  assert.deepEqual(await calls.call(HERE, request, 1000), { kind: 'no-server' })
  assert.deepEqual(await calls.call(HERE, request, 1000), { kind: 'no-server', reason: 'it does not start' })
  assert.deepEqual(await layeredRpc(calls.rpc, memoryRpc(wallClock)).call(HERE, request, 1000), { kind: 'no-server', reason: 'it does not start' })
})

test('no missing thread is the reason where another one served last: the partition moves', async () => {
  const over = new Set(['dead'])
  const calls = new ThreadCalls<string>(wallClock, () => {}, (last) => (last === undefined || over.has(last) ? 'dead does not start' : undefined))
  calls.take('dead', { kind: 'serving', address: HERE, isServed: true })
  calls.forget('dead')
  assert.deepEqual(await calls.call(HERE, request, 1000), { kind: 'no-server', reason: 'dead does not start' })
  for (const isServed of [true, false]) calls.take('awake', { kind: 'serving', address: HERE, isServed })
  assert.deepEqual(await calls.call(HERE, request, 1000), { kind: 'no-server' })
  assert.deepEqual([calls.absence(HERE), calls.absence({ ...HERE, partition: 4 })], [undefined, 'dead does not start'])
})

test('a thread that stops serving does not end what its heir serves', async () => {
  const asked: string[] = []
  const calls = new ThreadCalls<string>(wallClock, (thread) => asked.push(thread))
  calls.take('first', { kind: 'serving', address: HERE, isServed: true })
  calls.take('heir', { kind: 'serving', address: HERE, isServed: true })
  calls.take('first', { kind: 'serving', address: HERE, isServed: false })
  assert.deepEqual(await calls.call(HERE, request, 20), { kind: 'deadline' })
  assert.deepEqual(asked, ['heir'])
})

test('calls to an owner that is silent, and whose callers have gone, do not hold up those to others', async () => {
  const there = { ...HERE, partition: 4 }
  const calls: ThreadCalls<string> = new ThreadCalls<string>(wallClock, (thread, bundle) => {
    if (thread === 'awake') for (const { id } of bundle.calls.heads) calls.take(thread, answerTo(id))
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

test('questions of one moment are one message, their answers are another, and each gets its own', async () => {
  const said: string[] = []
  const calls: ThreadCalls<string> = new ThreadCalls<string>(wallClock, (_thread, message) => {
    said.push(`${message.calls.heads.length} calls`)
    servers.take(structuredClone(message))
  })
  const servers = threadServers(wallClock, (message) => {
    if (message.kind === 'answers') said.push(`${message.answers.heads.length} answers`)
    calls.take('one', structuredClone(message))
  })
  await servers.rpc.serve(HERE, async (bytes) => {
    if (bytes[0] === 7) throw new RangeError('seven')
    return Uint8Array.from([...bytes, bytes.length])
  })
  const asked = Array.from({ length: 300 }, (_, length) => Uint8Array.from({ length }, (_each, at) => (length === 7 ? 7 : at)))
  const answers = await Promise.all(asked.map((bytes) => calls.call(HERE, bytes, 1000)))
  assert.deepEqual(answers, asked.map((bytes) => (bytes[0] === 7 ? { kind: 'failed', reason: 'seven' } : { kind: 'answer', bytes: Uint8Array.from([...bytes, bytes.length]) })))
  assert.deepEqual(said, ['300 calls', '300 answers'])
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

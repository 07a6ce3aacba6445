// What every Rpc driver keeps to (C1-C3).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rpc } from '../../system/ports/rpc.ts'

const HERE = { group: 'shop.card', partition: 3 }
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)

/** `create` makes a fresh driver; its clock must be real or advance by itself. */
export function rpcContract(name: string, create: () => Promise<Rpc>): void {
  test(`${name}: a call gets the answer of the server at its address`, async () => {
    const rpc = await create()
    await rpc.serve(HERE, async (request) => bytes(...request, 9))
    await rpc.serve({ ...HERE, partition: 4 }, async () => bytes(4))
    assert.deepEqual(await rpc.call(HERE, bytes(1, 2), 1000), { kind: 'answer', bytes: bytes(1, 2, 9) })
    await rpc.close()
  })

  test(`${name}: nobody there is said at once`, async () => {
    const rpc = await create()
    assert.deepEqual(await rpc.call(HERE, bytes(1), 60_000), { kind: 'no-server' })
    await rpc.close()
  })

  test(`${name}: a later server takes over, and the earlier one's end does not end it`, async () => {
    const rpc = await create()
    const stopFirst = await rpc.serve(HERE, async () => bytes(1))
    const stopSecond = await rpc.serve(HERE, async () => bytes(2))
    await stopFirst()
    assert.deepEqual(await rpc.call(HERE, bytes(), 1000), { kind: 'answer', bytes: bytes(2) })
    await stopSecond()
    assert.equal((await rpc.call(HERE, bytes(), 1000)).kind, 'no-server')
    await rpc.close()
  })

  test(`${name}: a server that throws is a failure with its reason`, async () => {
    const rpc = await create()
    await rpc.serve(HERE, async () => { throw new RangeError('no such room') })
    assert.deepEqual(await rpc.call(HERE, bytes(), 1000), { kind: 'failed', reason: 'no such room' })
    await rpc.close()
  })

  test(`${name}: a server that never answers costs the deadline and no more`, async () => {
    const rpc = await create()
    await rpc.serve(HERE, () => new Promise(() => {}))
    assert.deepEqual(await rpc.call(HERE, bytes(), 20), { kind: 'deadline' })
    await rpc.close()
  })

  test(`${name}: neither side sees the other's bytes change`, async () => {
    const rpc = await create()
    const kept = bytes(7)
    await rpc.serve(HERE, async (request) => {
      request[0] = 0
      return kept
    })
    const request = bytes(1)
    const result = await rpc.call(HERE, request, 1000)
    assert.deepEqual(request, bytes(1))
    assert.ok(result.kind === 'answer' && result.bytes !== kept)
    await rpc.close()
  })
}

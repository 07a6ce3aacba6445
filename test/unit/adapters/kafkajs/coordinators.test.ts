import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../../../../adapters/kafkajs/codes.ts'
import { rememberCoordinators } from '../../../../adapters/kafkajs/coordinators.ts'
import type { SeekerClass } from '../../../../adapters/kafkajs/coordinators.ts'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'

const LOAD_IN_PROGRESS = 14
const NOT_COORDINATOR = 16
const CONCURRENT_TRANSACTIONS = 51
const TRANSACTION = { groupId: 'app/0', coordinatorType: 1 }
const GROUP = { groupId: 'app', coordinatorType: 0 }

const ANNOUNCEMENT = { transactionalId: 'app/0', producerId: 7, producerEpoch: 0, topics: [{ topic: 't', partitions: [0] }] }

type Request = (request?: object) => Promise<unknown>

interface FakeBroker {
  readonly nodeId: string
  readonly initProducerId: Request
  readonly addPartitionsToTxn: Request
  readonly addOffsetsToTxn: Request
  readonly txnOffsetCommit: Request
  readonly endTxn: Request
}

/** Connections to two brokers, of which `coordinator` coordinates, that note what they are asked. */
class Connections {
  readonly heard: string[] = []
  readonly away = new Set<string>()
  coordinator = '1'
  /** What the next request is answered by. */
  code = 0
  /** By more than the next one. */
  isStuck = false
  /** From then on the other one coordinates, and the first does not know. */
  replaceAtMs = Infinity
  readonly #brokers = ['1', '2'].map((nodeId): FakeBroker => {
    const request = (name: string): Request => async (): Promise<unknown> => {
      this.heard.push(`${name} ${nodeId}`)
      if (nodeId === '2' && nowMs >= this.replaceAtMs) return nodeId
      const code = nodeId === this.coordinator ? this.code : NOT_COORDINATOR
      if (nodeId === this.coordinator && !this.isStuck) this.code = 0
      if (code !== 0) throw errorNamed(code)
      return nodeId
    }
    return { nodeId, initProducerId: request('init'), addPartitionsToTxn: request('partitions'), addOffsetsToTxn: request('offsets'), txnOffsetCommit: request('commit'), endTxn: request('end') }
  })

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {}

  async findBroker({ nodeId }: { readonly nodeId: string }): Promise<FakeBroker> {
    if (this.away.has(nodeId)) throw new TypeError('refused')
    return this.#brokers.find((broker) => broker.nodeId === nodeId) as FakeBroker
  }

  async findGroupCoordinator({ groupId }: { readonly groupId: string; readonly coordinatorType?: number }): Promise<FakeBroker> {
    this.heard.push(`look ${groupId}`)
    return this.findBroker({ nodeId: nowMs >= this.replaceAtMs ? '2' : this.coordinator })
  }
}

let nowMs = 0
rememberCoordinators(Connections as unknown as SeekerClass, () => nowMs, async (ms) => void (nowMs += ms))

test('a producer of transactions asks once who coordinates them and their group', async () => {
  const connections = new Connections()
  for (let round = 0; round < 2; round += 1) {
    await (await connections.findGroupCoordinator(TRANSACTION)).addPartitionsToTxn(ANNOUNCEMENT)
    await (await connections.findGroupCoordinator(GROUP)).txnOffsetCommit()
    await (await connections.findGroupCoordinator(TRANSACTION)).endTxn()
  }
  assert.deepEqual(connections.heard, ['look app/0', 'partitions 1', 'look app', 'commit 1', 'end 1', 'partitions 1', 'commit 1', 'end 1'])
})

test('who makes no transactions looks for its coordinator each time', async () => {
  const connections = new Connections()
  for (let round = 0; round < 2; round += 1) await connections.findGroupCoordinator(GROUP)
  assert.deepEqual(connections.heard, ['look app', 'look app'])
})

test('after a failure a coordinator is looked for anew, but where it still ends the transaction before', async () => {
  const connections = new Connections()
  for (const code of [CONCURRENT_TRANSACTIONS, LOAD_IN_PROGRESS]) {
    const coordinator = await connections.findGroupCoordinator(TRANSACTION)
    connections.code = code
    await assert.rejects(coordinator.addOffsetsToTxn())
  }
  await connections.findGroupCoordinator(TRANSACTION)
  assert.deepEqual(connections.heard, ['look app/0', 'offsets 1', 'offsets 1', 'look app/0'])
})

test('one that ends the transaction before for very long is looked for anew: it may have been replaced', async () => {
  const connections = new Connections()
  for (const passedMs of [0, 300, 300]) {
    nowMs += passedMs
    const coordinator = await connections.findGroupCoordinator(TRANSACTION)
    connections.code = CONCURRENT_TRANSACTIONS
    await assert.rejects(coordinator.addOffsetsToTxn())
  }
  await connections.findGroupCoordinator(TRANSACTION)
  assert.deepEqual(connections.heard, ['look app/0', 'offsets 1', 'offsets 1', 'offsets 1', 'look app/0'])
})

test('what a broker refuses that coordinates no more goes to the one that does, once; the end of a transaction does not', async () => {
  const connections = new Connections()
  const coordinator = await connections.findGroupCoordinator(TRANSACTION)
  connections.coordinator = '2'
  assert.equal(await coordinator.addOffsetsToTxn(), '2')
  connections.code = NOT_COORDINATOR
  assert.equal(await coordinator.addOffsetsToTxn().catch(codeOf), 'NOT_COORDINATOR_FOR_GROUP')
  assert.equal(await coordinator.endTxn().catch(codeOf), 'NOT_COORDINATOR_FOR_GROUP')
  assert.deepEqual(connections.heard, ['look app/0', 'offsets 1', 'look app/0', 'offsets 2', 'offsets 1', 'look app/0', 'offsets 2', 'end 1'])
})

test('a coordinator that cannot be reached any more is looked for anew', async () => {
  const connections = new Connections()
  await connections.findGroupCoordinator(TRANSACTION)
  connections.away.add('1')
  connections.coordinator = '2'
  assert.equal(await (await connections.findGroupCoordinator(TRANSACTION)).initProducerId(), '2')
  assert.deepEqual(connections.heard, ['look app/0', 'look app/0', 'init 2'])
})

test('C3: a producer id that is not given yet is asked for again at once, for a while', async () => {
  const connections = new Connections()
  const coordinator = await connections.findGroupCoordinator(TRANSACTION)
  connections.code = CONCURRENT_TRANSACTIONS
  assert.equal(await coordinator.initProducerId(), '1')
  assert.deepEqual(connections.heard, ['look app/0', 'init 1', 'init 1'])
  const startedMs = nowMs
  connections.code = LOAD_IN_PROGRESS
  connections.isStuck = true
  const told: unknown = await coordinator.initProducerId().catch((thrown: unknown) => thrown)
  assert.deepEqual([codeOf(told), (told as { readonly type?: string }).type], ['GROUP_LOAD_IN_PROGRESS', undefined])
  assert.ok(nowMs - startedMs >= 2000 && nowMs - startedMs <= 2050, `${nowMs - startedMs} ms`)
})

test('C3: it is asked of whoever coordinates then, also where the one before does not know that it was replaced', async () => {
  const connections = new Connections()
  const coordinator = await connections.findGroupCoordinator(TRANSACTION)
  connections.code = CONCURRENT_TRANSACTIONS
  connections.isStuck = true
  const startedMs = nowMs
  const asked = coordinator.initProducerId()
  connections.replaceAtMs = startedMs + 100
  assert.equal(await asked, '2')
  assert.ok(nowMs - startedMs <= 600, `${nowMs - startedMs} ms`)
})

test('C4: who has closed its connections asks for no producer id any more: another one may have it by then', async () => {
  const connections = new Connections()
  await connections.connect()
  const coordinator = await connections.findGroupCoordinator(TRANSACTION)
  connections.code = CONCURRENT_TRANSACTIONS
  connections.isStuck = true
  const asked = coordinator.initProducerId()
  await connections.disconnect()
  await assert.rejects(asked, /closed/)
  await assert.rejects(coordinator.initProducerId(), /closed/)
  assert.equal(connections.heard.filter((heard) => heard === 'init 1').length, 1)
  await connections.connect()
  connections.isStuck = false
  assert.equal(await coordinator.initProducerId(), '1', 'who connects again wants it again')
})

test('C4: nor of another coordinator, where the one before does not coordinate any more', async () => {
  const connections = new Connections()
  await connections.connect()
  const coordinator = await connections.findGroupCoordinator(TRANSACTION)
  connections.code = NOT_COORDINATOR
  const asked = coordinator.initProducerId()
  await connections.disconnect()
  await assert.rejects(asked, /closed/)
  assert.deepEqual(connections.heard.filter((heard) => heard.startsWith('init')), ['init 1'])
})

// What a membership does between its attempts, and what it says of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import type { Cluster } from '../../../../adapters/kafkajs/internals.ts'
import { Membership } from '../../../../adapters/kafkajs/membership.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'

class Refusal extends TypeError {
  readonly type: string
  constructor(type: string) {
    super(`refused: ${type}`)
    this.type = type
  }
}

/** Joins in vain so often; answers how long it waited between, and what it said. */
async function inVain(type: string, attemptsMax: number): Promise<{ readonly waits: readonly number[]; readonly hindered: readonly string[]; readonly ended: readonly string[] }> {
  const waits: number[] = []
  const hindered: string[] = []
  const ended: string[] = []
  const over = Promise.withResolvers<void>()
  let attempts = 0
  const member = (): unknown => ({
    events: { CRASH: 'crash' }, on: () => {}, disconnect: async () => {}, subscribe: async () => {}, run: async () => {},
    connect: async () => {
      attempts += 1
      if (attempts > attemptsMax) over.resolve()
      throw new Refusal(type)
    },
  })
  const clock = { ...wallClock, nowMs: () => 0, monotonicMs: () => 0, sleep: async (ms: number) => {
    waits.push(ms)
    await new Promise<void>((resolve) => setImmediate(resolve))
  } }
  const membership = new Membership({ client: { member } as unknown as Client, beside: {} as Cluster, clock, group: 'g', topics: new Map(), owner: 'o', instanceId: null, sessionMs: 1000, heartbeatMs: 50, rebalanceMs: 1000 }, {
    assigned: () => {}, lost: () => {}, hindered: (reason) => void hindered.push(reason), ended: (reason) => void (ended.push(reason), over.resolve()),
  })
  membership.start()
  await over.promise
  await membership.stop()
  return { waits: waits.slice(0, attemptsMax), hindered, ended }
}

test('what may heal is tried again after growing waits, and said once', async () => {
  const { waits, hindered, ended } = await inVain('GROUP_MAX_SIZE_REACHED', 6)
  assert.deepEqual([waits, ended], [[200, 400, 800, 1600, 3200, 5000], []])
  assert.equal(hindered.length, 1)
  assert.match(hindered[0] ?? '', /the group g .*tries again.*GROUP_MAX_SIZE_REACHED/)
})

test('brokers that do not answer are no refusal: nothing is said of them here', async () => {
  const { waits, hindered } = await inVain('GROUP_COORDINATOR_NOT_AVAILABLE', 5)
  assert.deepEqual([waits, hindered], [[200, 400, 800, 1000, 1000], []])
})

test('what means never ends the membership, with the reason', async () => {
  for (const type of ['GROUP_AUTHORIZATION_FAILED', 'INVALID_GROUP_ID', 'INVALID_SESSION_TIMEOUT', 'UNSUPPORTED_VERSION']) assert.equal((await inVain(type, 2)).ended.length, 1, type)
})

test('a client that does not get through does not hold a stop up, however often it is asked to', { timeout: 3000 }, async () => {
  const connecting = Promise.withResolvers<void>()
  const member = (): unknown => ({ events: { CRASH: 'crash' }, on: () => {}, disconnect: () => new Promise(() => {}), connect: () => (connecting.resolve(), new Promise(() => {})) })
  const clock = { ...wallClock, sleep: async () => {} }
  const membership = new Membership({ client: { member } as unknown as Client, beside: {} as Cluster, clock, group: 'g', topics: new Map(), owner: 'o', instanceId: null, sessionMs: 1000, heartbeatMs: 50, rebalanceMs: 1000 }, {
    assigned: () => {}, lost: () => {}, hindered: () => {}, ended: () => {},
  })
  membership.start()
  await connecting.promise
  await Promise.all([membership.stop(), membership.stop()])
})

test('M4: a static member whose client failed comes back as who it was, as nobody where the group has forgotten it, and ends where another process has its place', { timeout: 3000 }, async () => {
  const asked: string[] = []
  const ended = Promise.withResolvers<string>()
  const member = ({ assigner }: { readonly assigner: (given: object) => unknown }): unknown => {
    let crash = (_event: object): void => {}
    const broker = {
      disconnect: async () => {}, lookupRequest: () => () => ({}),
      joinGroup: async ({ memberId }: { readonly memberId: string }) => {
        asked.push(memberId)
        const refusal = [undefined, 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'][asked.length - 1]
        if (refusal !== undefined) throw new Refusal(refusal)
        return { generationId: 1, memberId: 'first' }
      },
      syncGroup: async () => ({ memberAssignment: Buffer.alloc(0) }),
    }
    const cluster = { findGroupCoordinator: async (_group: object) => broker }
    assigner({ cluster })
    return {
      events: { CRASH: 'crash' }, on: (_: string, heard: typeof crash) => void (crash = heard), connect: async () => {}, subscribe: async () => {}, disconnect: async () => {},
      run: async () => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: 'g' })
        await coordinator.joinGroup({ memberId: '' })
        crash({ payload: { error: new Refusal('REQUEST_TIMED_OUT') } })
      },
    }
  }
  const clock = { ...wallClock, sleep: async () => {} }
  const membership = new Membership({ client: { member } as unknown as Client, beside: {} as Cluster, clock, group: 'g', topics: new Map(), owner: 'o', instanceId: 'seat/g', sessionMs: 1000, heartbeatMs: 50, rebalanceMs: 1000 }, {
    assigned: () => {}, lost: () => {}, hindered: () => {}, ended: ended.resolve,
  })
  membership.start()
  assert.match(await ended.promise, /another process took over the instance id 'seat\/g'/)
  assert.deepEqual(asked, ['', 'first', ''])
  await membership.stop()
})

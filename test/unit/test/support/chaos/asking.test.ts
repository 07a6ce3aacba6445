// A process of the chaos suites goes on asking itself for states while the log that holds them is away.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../../../adapters/node/clock.ts'
import type { StatelogNode } from '../../../../../system/node/node.ts'
import { planSystem } from '../../../../../system/partition/topology.ts'
import { Unreachable } from '../../../../../system/protocol/failures.ts'
import { askAgainAndAgain } from '../../../../support/chaos/asking.ts'
import { ledger } from '../../../../support/crash/system.ts'

test('a question whose answer stands in a log that is away is asked again', async () => {
  let asked = 0
  const away = async (): Promise<never> => {
    asked += 1
    throw new Unreachable('kafka/unreachable', 'no broker answers')
  }
  const partition = { lease: { partition: 0 }, live: { parts: {}, at: away } }
  const [plan] = planSystem(ledger(1, new Set())).values()
  assert.ok(plan !== undefined)
  const stop = askAgainAndAgain({ node: { partition: () => partition } as unknown as StatelogNode, plans: new Map([['account', plan], ['pool', plan]]), clock: systemClock, sessionMs: 1000 })
  while (asked < 3) await systemClock.sleep(5)
  await stop()
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Condition } from '../../../../adapters/redis/condition.ts'
import { OperationError } from '../../../../system/protocol/failures.ts'

test('a change is told once, each part by itself', () => {
  const told: string[] = []
  const condition = new Condition('redis://a:1', (message) => told.push(message))
  const problem = (code: string): OperationError => new OperationError(code, code)
  condition.wentWell('connection')
  for (let call = 0; call < 3; call += 1) {
    condition.wentWrong('writes', problem('redis/memory'))
    condition.wentWell('reads')
  }
  condition.wentWrong('writes', problem('redis/rights'))
  condition.wentWrong('connection', problem('redis/unreachable'))
  for (let call = 0; call < 3; call += 1) condition.wentWell('connection')
  condition.wentWell('writes')
  assert.deepEqual(told, ['redis/memory', 'redis/rights', 'redis/unreachable', 'snapshot cache redis://a:1: it answers again', 'snapshot cache redis://a:1: it takes writes again'])
})

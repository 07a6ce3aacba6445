// Opening a log while no broker answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openKafkajsLog } from '../../../../adapters/kafkajs/log.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Unreachable } from '../../../../system/protocol/failures.ts'

test('brokers that do not answer may again: who can wait, waits', async () => {
  await assert.rejects(openKafkajsLog({ brokers: '127.0.0.1:1', clock: wallClock }), (thrown: unknown) => thrown instanceof Unreachable && thrown.code === 'kafka/unreachable')
})

// A source without events goes idle by its policy also while others are never quiet, and never while something of it waits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { Idleness } from '../../system/partition/idleness.ts'
import { emptyMemory } from '../../system/partition/memory.ts'
import type { Memory } from '../../system/partition/memory.ts'
import { deedRecord, deedSchema, defineActor, planOf, range } from '../support/partition/bench.ts'
import type { Deed } from '../support/partition/bench.ts'

const source = { schema: deedSchema, key: (deed: Deed) => deed.who, idleAfter: 5000 }
const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}), order: 'eventTime', sources: { busy: source, quiet: source } as never })], 'one')

/** Polls once a second for ten seconds, each with a record of `busy`. */
async function busyTenSeconds(isAtEnd: boolean): Promise<Memory> {
  const memory = emptyMemory(plan, 0)
  const idleness = new Idleness(plan, 1000)
  for (let second = 0; second <= 10; second += 1) {
    const records = [deedRecord(second, { type: 'fine', who: 'a', time: second })]
    await idleness.observe(memory, [range('busy', records)], second * 1000, async () => isAtEnd)
    memory.watermarks?.observeEvent('busy', second)
  }
  return memory
}

test('a quiet source does not hold event time back while another is busy', async () => {
  const { watermarks } = await busyTenSeconds(true)
  assert.deepEqual([watermarks?.isIdle('quiet'), watermarks?.isIdle('busy'), watermarks?.currentMs], [true, false, 10])
})

test('a source of which something waits is not idle, however long the polls gave others', async () => {
  const { watermarks } = await busyTenSeconds(false)
  assert.deepEqual([watermarks?.isIdle('quiet'), watermarks?.currentMs], [false, -Infinity])
})

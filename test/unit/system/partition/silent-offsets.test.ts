// Offsets that hold no record for readers (markers of transactions, aborted ones, compaction): positions pass over them, live and in recovery.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setup } from 'xstate'
import { Mortals } from '../../../support/partition/mortal.ts'
import { lastRecord } from '../../../../system/partition/survey.ts'
import { codec, deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'

const machine = setup({}).createMachine({ context: { n: 0 }, on: { '*': {} } })

async function mortals(): Promise<Mortals> {
  const made = new Mortals(planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never })], 'one'))
  await made.start()
  return made
}

/** As the journal has it. */
async function position({ log, plan }: Mortals): Promise<number | undefined> {
  return (await lastRecord(log, codec, plan, 0, await log.offsetsAt(plan.journal, 0, 'latest')))?.positions.get('deeds')
}

test('a position reaches the end of a topic that ends with offsets without records', async () => {
  const made = await mortals()
  await made.append([{ type: 'pay', who: 'a', time: 1 }])
  made.log.skipOffsets('deeds', 0, 2)
  await made.live({ recordsMax: 1 })
  assert.equal(await position(made), 3)
})

test('an owner after it goes on behind them, and every record is taken once', async () => {
  const made = await mortals()
  await made.append([{ type: 'pay', who: 'a', time: 1 }])
  await made.live()
  made.log.skipOffsets('deeds', 0, 3)
  await made.live()
  await made.append([{ type: 'pay', who: 'a', time: 2 }])
  made.log.skipOffsets('deeds', 0, 1)
  await made.live()
  assert.equal(await position(made), 6)
})

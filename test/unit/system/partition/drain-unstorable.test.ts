// Draining always ends with a release, also where a state cannot be stored.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { lastRecord } from '../../../../system/partition/survey.ts'
import { planSystem } from '../../../../system/partition/topology.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { ranOver } from '../../../support/meters/run.ts'
import { accounts, deeds, feedOf, GROW } from '../../../support/parking/accounts.ts'

test('an orderly stop releases the partition although the state of an entity is over its limit', async () => {
  const plan = planSystem(accounts).get('account') as TypePlan
  // Nothing came after it: so far nothing pressed its state out.
  const log = await ranOver(feedOf(deeds(GROW.at + 1, ['grow'])), { drain: true, system: accounts, batchRecordsMax: 100 })
  const at = partitionOf(utf8Encode(GROW.account), 2)
  const last = await lastRecord(log, cborCodec, plan, at, await log.offsetsAt(plan.journal, at, 'latest'))
  assert.equal(last?.kind, 'release')
})

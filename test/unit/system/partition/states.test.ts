// State records: what they say of themselves, in the first form as in the one of today.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { blankEntity } from '../../../../system/partition/entity.ts'
import { readStateHeader, stateRecord, stateStamp } from '../../../../system/partition/states.ts'
import { crc32c } from '../../../../system/protocol/checksum.ts'
import type { Header } from '../../../../system/protocol/record.ts'
import { codec, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'

const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never })], 'one')
const at = { life: 'life', seq: 7, nowMs: 99 }
const entity = blankEntity(entityId('w'), { seen: [{ key: 'k', timeMs: 1 }] })
const made = stateRecord(codec, plan, 0, entity, stateStamp(codec, plan, at))
const crc = crc32c(made.value ?? new Uint8Array())

test('a state record says life, seq, code and checksum (T1)', () => {
  assert.deepEqual(readStateHeader(codec, { ...made, offset: 0 }), { life: 'life', seq: 7, code: plan.code, crc })
})

test('the checksum is also found where the first form had it', () => {
  const headers: readonly Header[] = [['state', codec.encode(['life', 7, plan.code, crc])]]
  assert.deepEqual(readStateHeader(codec, { ...made, headers, offset: 0 }), { life: 'life', seq: 7, code: plan.code, crc })
})

test('without a checksum of four bytes it is no state header', () => {
  const [state] = made.headers as readonly [Header, Header]
  for (const headers of [[state], [state, ['crc', new Uint8Array(3)] as const], [['crc', new Uint8Array(4)] as const]]) assert.equal(readStateHeader(codec, { ...made, headers, offset: 0 }), undefined)
})

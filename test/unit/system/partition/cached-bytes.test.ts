import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { packCached, unpackCached } from '../../../../system/partition/cached-bytes.ts'
import { parseEntityId } from '../../../../system/protocol/ids.ts'
import type { EntityId } from '../../../../system/protocol/ids.ts'

const idOf = (text: string): EntityId => parseEntityId(text) as EntityId
const stateOf = (length: number, seq: number) => ({ seq, value: Uint8Array.from({ length }, (_, index) => (index * 31 + seq) & 0xff) })

test('what was packed stays as it is, however much is packed after it', () => {
  const states = Array.from({ length: 600 }, (_, nth) => ({ id: idOf(`rider-${nth}`), state: stateOf((nth * 37) % 5000, nth + 1) }))
  const packed = states.map(({ id, state }) => packCached(id, state))
  packed.forEach((bytes, nth) => {
    const { id, state } = states[nth] as (typeof states)[number]
    deepEqual(unpackCached(id, bytes), state)
  })
})

test("bytes that were changed, cut short or are another entity's are no state", () => {
  const id = idOf('kärtchen')
  for (const length of [0, 1, 300, 3000]) {
    const bytes = packCached(id, stateOf(length, 7)).slice()
    equal(unpackCached(idOf('kartchen'), bytes), undefined)
    equal(unpackCached(id, bytes.subarray(0, bytes.length - 1)), undefined)
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = bytes.slice()
      changed[at] = (changed[at] as number) ^ 0x10
      equal(unpackCached(id, changed), undefined, `byte ${at} of ${bytes.length}`)
    }
  }
})

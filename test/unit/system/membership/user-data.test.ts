// What members tell each other, and what is made of members that say something else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packed, unpacked } from '../../../../system/membership/user-data.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'

test('what a member packs is what another one reads', () => {
  const data = { owner: 'ö', manifest: { in: 4 }, reason: null }
  assert.deepEqual(unpacked(packed(data)), data)
})

test('what others say in another form is read as nothing', () => {
  for (const bytes of [null, undefined, new Uint8Array(), utf8Encode('no JSON'), utf8Encode('7'), utf8Encode('null'), Uint8Array.of(0x22, 0xff, 0x22)]) assert.deepEqual(unpacked(bytes), {})
})

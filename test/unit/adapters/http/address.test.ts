import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callerOf } from '../../../../adapters/http/address.ts'

test('an IPv6 caller is its /64, an IPv4 caller its address however it is written', () => {
  for (const [address, caller] of [
    ['10.0.0.1', '10.0.0.1'], ['::ffff:10.0.0.1', '10.0.0.1'], ['::FFFF:10.0.0.1', '10.0.0.1'], [undefined, ''], ['', ''],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'], ['2001:db8:1:2::', '2001:db8:1:2::/64'], ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'], ['2001:db8::1', '2001:db8:0:0::/64'], ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'], ['::', '0:0:0:0::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['64:ff9b::10.0.0.1', '64:ff9b:0:0::/64'],
  ] as const) assert.equal(callerOf(address), caller, address)
  assert.notEqual(callerOf('2001:db8:1:2::1'), callerOf('2001:db8:1:3::1'))
})

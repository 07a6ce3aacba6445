import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingsOf, shownUrl } from '../../../../adapters/nats/options.ts'

const parsed = (url: string): unknown[] => {
  const { servers, credentials, isTls } = settingsOf({ url })
  return [servers.map(({ host, port }) => `${host} ${port}`).join(', '), credentials.kind === 'user' ? `${credentials.user} ${credentials.password}` : credentials.kind === 'token' ? credentials.token : '', isTls]
}

test('an address names servers, who we are there, and whether it is encrypted', () => {
  assert.deepEqual(parsed('nats://bus'), ['bus 4222', '', false])
  assert.deepEqual(parsed('nats://127.0.0.1:80'), ['127.0.0.1 80', '', false])
  assert.deepEqual(parsed('tls://[::1]:4443'), ['::1 4443', '', true])
  assert.deepEqual(parsed('nats://ann:p%40ss%3A@bus:1'), ['bus 1', 'ann p@ss:', false])
  assert.deepEqual(parsed('nats://s3cret@bus:1'), ['bus 1', 's3cret', false])
  assert.deepEqual(parsed('nats://ann:x@a:1,nats://b:2'), ['a 1, b 2', 'ann x', false])
})

test('what is no address is refused without its credentials', () => {
  for (const url of ['', 'bus', 'http://bus', 'nats://', 'nats://a:b:c', 'nats://ann:secret@bus/x', 'nats://ann:secret@bus?x', 'nats://%zz@bus', 'nats://a,tls://b', 'nats://a,nats://ann:secret@b', 'nats://ann:secret@ho st']) {
    assert.throws(() => settingsOf({ url }), (thrown: Error & { code?: string }) => thrown.code === 'nats/url' && !thrown.message.includes('secret'), url)
  }
  assert.throws(() => settingsOf({ url: 'nats://bus', prefix: 'a.*' }), /no prefix of NATS subjects/)
})

test('an address is shown without its credentials', () => {
  assert.equal(shownUrl('nats://ann:p@ss@bus:1,tls://token@b'), 'nats://bus:1,tls://b')
})

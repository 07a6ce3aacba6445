import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingsOf } from '../../../../adapters/http/options.ts'

const token = 'a-token-of-some-length'

test('it listens on this machine alone unless told otherwise', () => {
  for (const [listen, host, port] of [['8080', '127.0.0.1', 8080], ['0', '127.0.0.1', 0], ['localhost:80', 'localhost', 80], ['127.1.2.3:80', '127.1.2.3', 80], ['[::1]:65535', '::1', 65_535]] as const) {
    const settings = settingsOf({ listen })
    assert.deepEqual([settings.host, settings.port, settings.token], [host, port, undefined])
  }
})

test('where other machines may connect it is refused to start without a token', () => {
  for (const listen of ['0.0.0.0:80', '[::]:80', '10.0.0.1:80', 'door.example:80', '127.0.0.1.example:80', 'localhost.example:80', '128.0.0.1:80']) {
    assert.throws(() => settingsOf({ listen }), { code: 'http/open', message: /STATELOG_HTTP_TOKEN/ }, listen)
    assert.equal(settingsOf({ listen, token }).token, token)
  }
})

test('what cannot be meant is refused with its cure', () => {
  for (const listen of ['', 'x', '65536', '-1', '80:80:80', '::1:80', 'http://localhost:80', 'localhost:', ':80', '1e3']) assert.throws(() => settingsOf({ listen, token }), { code: 'http/address' }, listen)
  for (const wrong of ['', 'short', 'with a space in it', 'é'.repeat(20), 'x'.repeat(1025)]) assert.throws(() => settingsOf({ listen: '80', token: wrong }), { code: 'http/token' }, wrong)
  for (const name of ['', 'a b', 'door.example:80', 'http://door']) assert.throws(() => settingsOf({ listen: '80', names: [name] }), { code: 'http/name' }, name)
})

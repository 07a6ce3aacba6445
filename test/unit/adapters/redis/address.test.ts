import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../../../adapters/redis/address.ts'

test('an address has defaults, and shows no password', () => {
  assert.deepEqual(parseAddress('redis://cache'), { topology: 'standalone', nodes: [{ host: 'cache', port: 6379 }], isTls: false, username: undefined, password: undefined, db: 0, shown: 'redis://cache:6379' })
  assert.deepEqual(parseAddress('rediss://me:p%40ss%3A@[::1]:7000/3'), { topology: 'standalone', nodes: [{ host: '::1', port: 7000 }], isTls: true, username: 'me', password: 'p@ss:', db: 3, shown: 'rediss://[::1]:7000' })
  assert.deepEqual([parseAddress('redis://:secret@cache').username, parseAddress('redis://:secret@cache').password], [undefined, 'secret'])
})

test('several nodes are a Cluster, and one is when it is said', () => {
  const { topology, nodes, shown } = parseAddress('redis://u:p@a:1, redis://b:2')
  assert.deepEqual([topology, nodes, shown], ['cluster', [{ host: 'a', port: 1 }, { host: 'b', port: 2 }], 'redis://a:1,redis://b:2'])
  assert.equal(parseAddress('redis://a', 'cluster').topology, 'cluster')
})

test('what is no address is refused with the reason, and without what may be a password', () => {
  const secret = 'hunter2'
  for (const [url, reason] of [
    ['', /redis:\/\/host:port/], [`http://u:${secret}@a`, /redis:\/\/host:port/], [`${secret}@a:1`, /redis:\/\/host:port/], ['redis://', /redis:\/\/host:port/], [`redis://u:${secret}@a/x`, /number of a database/],
    [`redis://u:${secret}@a?tls=1`, /no options/], [`redis://u:${secret}#x@a`, /redis:\/\/host:port|no options/], [`redis://u:%${secret}@a`, /%25/], ['redis://a,rediss://b', /all/], ['redis://a/1,redis://b/1', /database 0/],
  ] as const) {
    assert.throws(() => parseAddress(url), (thrown: unknown) => thrown instanceof TypeError && 'code' in thrown && thrown.code === 'redis/address' && reason.test(thrown.message) && !thrown.message.includes(secret), url)
  }
  assert.throws(() => parseAddress('redis://a,redis://b', 'standalone'), { code: 'redis/address' })
  assert.throws(() => parseAddress('redis://a/2', 'cluster'), { code: 'redis/address' })
})

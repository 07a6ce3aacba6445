// Who may use a Redis: passwords, the least rights, TLS; and what an operator is told when something is missing.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { redisCache } from '../../adapters/redis/cache.ts'
import { AT, codeOf, manySnapshots, seen, writeOf } from '../support/buckets.ts'
import { freePort, HAS_REDIS_SERVER, PAGE_RIGHTS, until, withRedis, WITHOUT_REDIS_SERVER } from '../support/redis.ts'
import type { RedisServer } from '../support/redis.ts'

const OPTIONS = HAS_REDIS_SERVER ? {} : WITHOUT_REDIS_SERVER
const PASSWORD = 'p@ss:w/rd%1'

const urlOf = (server: RedisServer, user: string, password: string): string => `redis://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}`

test('a wrong password, none, or one too many: the message says what to do, without the password', OPTIONS, () => withRedis(['--requirepass', PASSWORD], async (server) => {
  for (const url of [urlOf(server, '', 'wrong-one'), server.url, urlOf(server, 'nobody', PASSWORD)]) {
    const told: string[] = []
    const cache = server.cache({ url, onState: (message) => told.push(message) })
    assert.equal(await codeOf(seen(cache)), 'redis/password')
    assert.equal(await codeOf(cache.write(writeOf(0, 1, 7))), 'redis/password')
    await until(async () => (await codeOf(seen(cache))) === 'redis/password')
    assert.equal(told.length, 1, told.join('\n'))
    assert.match(told[0] ?? '', /correct user and password in the address/)
    assert.doesNotMatch(told[0] ?? '', /wrong-one|p@ss/)
    await cache.close()
  }
  const cache = server.cache({ url: urlOf(server, '', PASSWORD) })
  assert.equal(await cache.write(writeOf(0, 1, 7)), 'applied')
}))

test('a user with the rights of the page, and no other, can do everything; without one of them the message says so', OPTIONS, () => withRedis([], async (server) => {
  assert.ok(PAGE_RIGHTS.length > 5)
  await server.admin.call('ACL', 'SETUSER', 'statelog', 'on', `>${PASSWORD}`, ...PAGE_RIGHTS)
  const url = urlOf(server, 'statelog', PASSWORD)
  const use = async (): Promise<unknown> => {
    const cache = server.cache({ url, timeoutMs: 10_000 })
    try {
      await cache.replace(writeOf(0, 1, 7))
      await cache.write({ ...writeOf(1, 2, 8), snapshots: [...writeOf(1, 2, 8).snapshots, ...manySnapshots(1, 5).map(([id]) => [id, null] as const)] })
      assert.equal(await cache.write({ ...writeOf(2, 3, 9), snapshots: manySnapshots(50, 100_000) }), 'applied')
      assert.equal(await cache.write(writeOf(4, 5, 9)), 'lost')
      await cache.readAll(AT)
      return (await seen(cache))[0]
    } finally {
      await cache.close()
    }
  }
  assert.equal(await use(), 0)
  // Each of the rights is needed.
  for (const right of PAGE_RIGHTS.filter((word) => word.startsWith('+') && !word.startsWith('+cluster'))) {
    await server.admin.call('ACL', 'SETUSER', 'statelog', right.replace('+', '-'))
    assert.equal(await codeOf(use()), 'redis/rights', right)
    await server.admin.call('ACL', 'SETUSER', 'statelog', right)
  }
  const elsewhere = server.cache({ url, prefix: 'other:' })
  assert.equal(await codeOf(seen(elsewhere)), 'redis/rights')
  assert.equal(await codeOf(elsewhere.write(writeOf(0, 1, 7))), 'redis/rights')
}))

test('what cannot be an address or an option is refused before anything is connected', () => {
  for (const [options, code] of [[{ url: 'http://127.0.0.1' }, 'redis/address'], [{ url: 'redis://127.0.0.1:1', prefix: 'a{b}' }, 'redis/options'], [{ url: 'redis://127.0.0.1:1', timeoutMs: 0 }, 'redis/options']] as const) {
    assert.throws(() => redisCache(options), { code })
  }
})

/** A certificate of its own authority for 127.0.0.1; undefined without openssl. */
function certificate(folder: string): { readonly cert: string; readonly key: string } | undefined {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { cert, key }
  } catch {
    return undefined
  }
}

const folder = mkdtempSync(join(tmpdir(), 'statelog-redis-tls-'))
after(() => rmSync(folder, { recursive: true }))
const files = certificate(folder)
test('over TLS: with its authority it works, without it the message says what to do', files === undefined ? { skip: 'openssl is not installed' } : OPTIONS, async () => {
  const { cert, key } = files ?? assert.fail()
  const port = await freePort()
  await withRedis(['--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no', '--requirepass', PASSWORD], async (server) => {
    const url = `rediss://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`
    const cache = server.cache({ url, ca: readFileSync(cert, 'utf8') })
    assert.equal(await cache.write(writeOf(0, 1, 7)), 'applied')
    assert.deepEqual(await seen(cache), [1, 7])
    const stranger = server.cache({ url })
    assert.equal(await codeOf(seen(stranger)), 'redis/certificate')
  })
})

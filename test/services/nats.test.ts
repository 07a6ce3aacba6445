// The NATS driver beyond the contract: servers that hang, die, come back, refuse and are shared.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { wallClock } from '../../adapters/memory/clock.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { openNatsRpc } from '../../adapters/nats/rpc.ts'
import type { NatsOptions } from '../../adapters/nats/options.ts'
import { callOwner } from '../../system/node/call-owner.ts'
import type { Rpc, RpcResult } from '../../system/ports/rpc.ts'
import { HAS_OPENSSL, authority } from '../support/certificates.ts'
import { freePort, natsServer, withNatsServer } from '../support/nats.ts'
import { untilStopped } from '../support/stopped.ts'

const HERE = { group: 'shop.card', partition: 3 }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (result: RpcResult): string => (result.kind === 'answer' ? new TextDecoder().decode(result.bytes) : result.kind === 'failed' ? `failed: ${result.reason}` : result.kind)
const echo = async (request: Uint8Array): Promise<Uint8Array> => request

async function opened(t: TestContext, options: NatsOptions): Promise<Rpc> {
  const rpc = await openNatsRpc(options)
  t.after(() => rpc.close())
  return rpc
}

/** Asks until it answers so; there is no other sign that a server of NATS is back for everybody. */
async function until(is: (text: string) => boolean, ask: () => Promise<RpcResult>): Promise<void> {
  const untilMs = performance.now() + 20_000
  for (;;) {
    const text = textOf(await ask())
    if (is(text)) return
    assert.ok(performance.now() < untilMs, `still ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a server that is killed ends the calls under way; when it is back, so are the subscriptions, and each change was told once', withNatsServer, async (t) => {
  const nats = await natsServer(t)
  const told: string[] = []
  const owner = await opened(t, { url: nats.url })
  const caller = await opened(t, { url: nats.url, onState: (message) => told.push(message) })
  await owner.serve(HERE, () => new Promise(() => {}))
  const under = caller.call(HERE, bytes('x'), 60_000)
  await nats.kill()
  assert.match(textOf(await under), /^failed: the connection to NATS was lost during the call/)
  const startedMs = performance.now()
  assert.match(textOf(await caller.call(HERE, bytes('x'), 60_000)), /^failed: NATS at 127\.0\.0\.1:\d+ cannot be reached: /)
  assert.ok(performance.now() - startedMs < 100, 'at once')
  await owner.serve(HERE, echo)
  await nats.start()
  await until((text) => text === 'again', () => caller.call(HERE, bytes('again'), 1000))
  assert.deepEqual(told.map((message) => message.replace(/: .*/, '').replace(/:\d+/, '')), ['NATS at 127.0.0.1 is lost', 'NATS at 127.0.0.1 is connected'])
})

test('a server that is not there at the start is no reason to fail, and is there when it comes', withNatsServer, async (t) => {
  const nats = await natsServer(t)
  await nats.kill()
  const told: string[] = []
  const rpc = await opened(t, { url: nats.url, onState: (message) => told.push(message) })
  await rpc.serve(HERE, echo)
  assert.match(textOf(await rpc.call(HERE, bytes('x'), 60_000)), /ECONNREFUSED/)
  await nats.start()
  await until((text) => text === 'x', () => rpc.call(HERE, bytes('x'), 1000))
  assert.equal(told.length, 2, told.join('\n'))
})

test('a server that hangs costs the deadline, is given up, and does not keep anything from closing', withNatsServer, async (t) => {
  const nats = await natsServer(t)
  const rpc = await opened(t, { url: nats.url, connectTimeoutMs: 200 })
  await rpc.serve(HERE, echo)
  nats.signal('SIGSTOP')
  const startedMs = performance.now()
  assert.equal(textOf(await rpc.call(HERE, bytes('x'), 100)), 'deadline')
  assert.ok(performance.now() - startedMs < 500)
  const other = await opened(t, { url: nats.url, connectTimeoutMs: 200 })
  assert.match(textOf(await other.call(HERE, bytes('x'), 60_000)), /no answer within 200 ms/)
  await until((text) => text.startsWith('failed: NATS at'), () => rpc.call(HERE, bytes('x'), 50))
  nats.signal('SIGCONT')
  await until((text) => text === 'x', () => rpc.call(HERE, bytes('x'), 1000))
  nats.signal('SIGSTOP')
  const closingMs = performance.now()
  await rpc.close()
  assert.ok(performance.now() - closingMs < 1500, 'closing is bounded')
  assert.match(textOf(await rpc.call(HERE, bytes('x'), 100)), /closed here/)
  nats.signal('SIGCONT')
})

test('what is larger than the server takes fails with both sizes, on the way there and back', withNatsServer, async (t) => {
  const nats = await natsServer(t, 'max_payload: 1000')
  const rpc = await opened(t, { url: nats.url })
  await rpc.serve(HERE, async (request) => new Uint8Array((request[0] ?? 0) * 100))
  await rpc.serve({ ...HERE, partition: 4 }, async () => { throw new RangeError('no '.repeat(10_000)) })
  assert.equal(textOf(await rpc.call(HERE, new Uint8Array(1001), 5000)), 'failed: the request has 1001 bytes, the NATS server takes 1000 (max_payload in its configuration)')
  assert.equal(textOf(await rpc.call(HERE, new Uint8Array([11]), 5000)), 'failed: the answer has 1100 bytes, the NATS server takes 1000 (max_payload in its configuration)')
  assert.equal((await rpc.call(HERE, new Uint8Array([10]), 5000)).kind, 'answer')
  assert.match(textOf(await rpc.call({ ...HERE, partition: 4 }, bytes(''), 5000)), /^failed: (no ){10}/, 'a long reason is cut, not lost')
})

test('hostile names are addresses of their own', withNatsServer, async (t) => {
  const nats = await natsServer(t)
  const rpc = await opened(t, { url: nats.url })
  const groups = ['shop.*', 'shop.>', 'shop.card', 'shop card', 'shop.card\r\nPUB x 0', 'shop.', '.shop', '', '_reply', '_reply.x', 'shop.\ud800', 'shop.\udc00', '\u{1f4b3}', '%', '%0025']
  for (const group of groups) await rpc.serve({ group, partition: 0 }, async () => bytes(group.length === 6 ? [...group].map((one) => one.charCodeAt(0)).join() : group))
  for (const group of groups) assert.equal(textOf(await rpc.call({ group, partition: 0 }, bytes(''), 2000)), group.length === 6 ? [...group].map((one) => one.charCodeAt(0)).join() : group)
  assert.equal((await rpc.call({ group: 'shop.rider', partition: 0 }, bytes(''), 2000)).kind, 'no-server')
  await assert.rejects(rpc.serve({ group: 'a'.repeat(2000), partition: 0 }, echo), /no address for NATS/)
  assert.match(textOf(await rpc.call({ group: 'shop', partition: -1 }, bytes(''), 2000)), /no address for NATS/)
})

test('10,000 calls at once are each answered once, with their own answer', withNatsServer, async (t) => {
  const nats = await natsServer(t)
  const owner = await opened(t, { url: nats.url })
  const caller = await opened(t, { url: nats.url })
  let served = 0
  await owner.serve(HERE, async (request) => {
    served += 1
    return request
  })
  const answers = await Promise.all(Array.from({ length: 10_000 }, (_, n) => caller.call(HERE, bytes(`${n}`), 30_000)))
  assert.ok(answers.every((answer, n) => textOf(answer) === `${n}`))
  assert.equal(served, 10_000)
})

test('closing sends the answers under way, and takes no more', withNatsServer, async (t) => {
  const nats = await natsServer(t)
  const owner = await opened(t, { url: nats.url })
  const caller = await opened(t, { url: nats.url })
  let answer: (bytes: Uint8Array) => void = () => {}
  let asked = 0
  void owner.serve(HERE, () => {
    asked += 1
    return new Promise((give) => (answer = give))
  })
  const isAsked = async (times: number): Promise<void> => {
    while (asked < times) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await until((text) => text !== 'no-server', () => caller.call(HERE, bytes('x'), 50))
  await isAsked(1)
  const under = caller.call(HERE, bytes('x'), 5000)
  await isAsked(2)
  const closing = owner.close()
  setTimeout(() => answer(bytes('late')), 50)
  assert.equal(textOf(await under), 'late')
  await closing
  assert.equal(textOf(await caller.call(HERE, bytes('x'), 5000)), 'no-server')
  await assert.rejects(owner.serve(HERE, echo), /closed here/)
})

async function process3(t: TestContext, url: string, word: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../support/nats-echo.ts'), url, 'statelog', word], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_TEST_CONTEXT: undefined } })
  t.after(() => child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  return child
}

test('of two servers of one address in two processes each call reaches one; a caller finds the owner, also past one that hangs', withNatsServer, async (t) => {
  const nats = await natsServer(t)
  const caller = await opened(t, { url: nats.url })
  const old = await process3(t, nats.url, 'old')
  const young = await process3(t, nats.url, 'young')
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => caller.call(HERE, bytes(`${n}`), 10_000)))
  assert.deepEqual([...new Set(answers.map((answer) => textOf(answer).split(' ')[0]))].sort(), ['old', 'young'])
  const ask = (deadlineMs: number) => callOwner({ rpc: caller, clock: wallClock, random: new SeededRandom(1) }, {
    address: HERE, request: bytes('who'), deadlineMs,
    read: (answer) => (new TextDecoder().decode(answer) === 'young who' ? { kind: 'taken', value: 'young' } : { kind: 'moving', reason: 'not the owner', state: 'unknown' }),
  })
  for (let n = 0; n < 20; n += 1) assert.deepEqual(await ask(20_000), { kind: 'taken', value: 'young' })
  old.kill('SIGSTOP')
  if (old.pid !== undefined) untilStopped(old.pid)
  // Which server gets a try is the bus's choice: about one question in ten meets only the one that hangs.
  const patient: string[] = []
  while (patient.at(-1) !== 'taken' && patient.length < 10) patient.push((await ask(4000)).kind)
  assert.equal(patient.at(-1), 'taken', patient.join(', '))
  const isOver = new Promise((resolve) => old.once('exit', resolve))
  old.kill('SIGKILL')
  await isOver
  for (let row = 0; row < 20;) row = textOf(await caller.call(HERE, bytes('x'), 200)) === 'young x' ? row + 1 : 0
  const slow = caller.call(HERE, bytes('slow'), 5000)
  await until((text) => text === 'young x', () => caller.call(HERE, bytes('x'), 200))
  young.kill('SIGTERM')
  assert.match(textOf(await slow), /young slow/, 'what is under way when an owner leaves is answered')
  await until((text) => text === 'no-server', () => caller.call(HERE, bytes('x'), 200))
})

test('over TLS, with the authority that signed the certificate; another one, none and a plain address are said with the cure', HAS_OPENSSL ? withNatsServer : { skip: 'openssl is not installed' }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-nats-tls-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { ca, key, cert } = authority(folder, 'own')
  const nats = await natsServer(t, `tls { key_file: "${key}", cert_file: "${cert}" }`)
  const url = nats.url.replace('nats:', 'tls:')
  const calls = async (options: NatsOptions): Promise<string> => textOf(await (await opened(t, { connectTimeoutMs: 2000, ...options })).call(HERE, bytes('x'), 5000))
  await (await opened(t, { url, ca: readFileSync(ca, 'utf8') })).serve(HERE, echo)
  assert.equal(await calls({ url, ca: readFileSync(ca, 'utf8') }), 'x')
  const untrusted = /^failed: NATS at 127\.0\.0\.1:\d+ cannot be reached: its certificate is not trusted .*write tls:\/\/.*--nats-ca/
  assert.match(await calls({ url, ca: readFileSync(authority(folder, 'other').ca, 'utf8') }), untrusted)
  assert.match(await calls({ url }), untrusted)
  assert.match(await calls({ url: nats.url }), untrusted)
  await assert.rejects(openNatsRpc({ url: nats.url, ca: 'x' }), /write tls:\/\//)
})

const USERS = `
authorization { users: [
  { user: asks, password: a, permissions { publish: { allow: ["statelog.shop.>"] }, subscribe: { allow: ["statelog._reply.>"] } } }
  { user: serves, password: s, permissions { subscribe: { allow: ["statelog.shop.>"] }, publish: { allow: ["statelog._reply.>"] } } }
  { user: deaf, password: d, permissions { publish: { allow: ["statelog.>"] }, subscribe: { deny: [">"] } } }
  { user: mute, password: m, permissions { publish: { deny: [">"] }, subscribe: { allow: [">"] } } }
] }`

test('the permissions of the page are enough, and what is missing is named with how to grant it', withNatsServer, async (t) => {
  const nats = await natsServer(t, USERS)
  const as = (user: string, told: string[] = []) => opened(t, { url: nats.url.replace('//', `//${user}:${user[0]}@`), onState: (message) => told.push(message) })
  const serves = await as('serves')
  const stop = await serves.serve(HERE, echo)
  const asks = await as('asks')
  assert.equal(textOf(await asks.call(HERE, bytes('x'), 5000)), 'x')
  assert.match(textOf(await asks.call({ group: 'bank.card', partition: 0 }, bytes('x'), 5000)), /failed: this user of NATS may not publish to statelog\.bank\.card\.0\. Grant .* publish: \{ allow: \["statelog\.bank\.card\.\*"\]/)
  await assert.rejects(asks.serve(HERE, echo), /nats\/permission|may not subscribe to statelog\.shop\.card\.3\. Grant .*"statelog\.shop\.card\.\*"/)
  assert.match(textOf(await (await as('deaf')).call(HERE, bytes('x'), 5000)), /may not subscribe to statelog\._reply\..*"statelog\._reply\.>"/)
  await stop()
  const told: string[] = []
  await (await as('mute', told)).serve(HERE, echo)
  for (let n = 0; n < 3; n += 1) assert.equal(textOf(await asks.call(HERE, bytes('x'), 200)), 'deadline')
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /heard but not answered: .*may not publish to statelog\._reply/)
  assert.match(textOf(await (await opened(t, { url: nats.url })).call(HERE, bytes('x'), 5000)), /refuses the user, the password or the token/)
})

test('an address that no server has, or another protocol speaks, is said with its reason', withNatsServer, async (t) => {
  const nats = await natsServer(t, 'authorization { token: s3cret }')
  const calls = async (url: string): Promise<string> => textOf(await (await opened(t, { url, connectTimeoutMs: 500 })).call(HERE, bytes('x'), 60_000))
  assert.equal(await calls(nats.url.replace('//', '//s3cret@')), 'no-server')
  assert.match(await calls(nats.url.replace('//', '//wrong@')), /refuses/)
  assert.match(await calls(nats.url.replace('//', '//s3cret@').replace('nats:', 'tls:')), /offers no TLS/)
  assert.equal(await calls(`nats://s3cret@127.0.0.1:${await freePort()},${nats.url}`), 'no-server', 'another server of the list')
})

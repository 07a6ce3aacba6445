// How a connection is entered: TLS, users, and brokers that refuse, or take a user for a while only.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { Connection } from '../../adapters/kafka/connection.ts'
import type { ConnectionOptions, Security } from '../../adapters/kafka/connection.ts'
import { HAS_OPENSSL, authority } from '../support/certificates.ts'
import type { Authority } from '../support/certificates.ts'
import { answerTo, listen } from '../support/kafka-listener.ts'
import type { Asked, Listener, Listening } from '../support/kafka-listener.ts'
import { SASL_KEYS, saslAnswers } from '../support/sasl-listener.ts'
import type { SaslUser } from '../support/sasl-listener.ts'

const OPTIONS: ConnectionOptions = { clientId: 'test', security: {}, connectMsMax: 3000, requestMsMax: 3000 }
const KEY = 3
const COORDINATOR_NOT_AVAILABLE = 15

const opened: { close: () => unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function open(listener: Listener, security: Security): Promise<Connection> {
  const connection = await Connection.open(listener, { ...OPTIONS, security })
  opened.push(connection)
  return connection
}

const ask = (connection: Connection): Promise<number> => new Promise((resolve, reject) => {
  connection.send(KEY, 0, () => ({ buffers: [] }), (reader) => reader.readInt32(), false, false, (error, answer) => (error === null ? resolve(answer ?? -1) : reject(error)))
})

const SEVEN = Buffer.from([0, 0, 0, 7])
const isOfSasl = ({ key }: Asked): boolean => key === SASL_KEYS.handshake || key === SASL_KEYS.authenticate

async function listening(user: SaslUser, seen: number[] = []): Promise<Listener> {
  const bySocket = new WeakMap<object, (asked: Asked) => Buffer>()
  const answer: Listening = (asked, socket) => {
    seen.push(asked.key)
    const answers = bySocket.get(socket) ?? saslAnswers(user)
    bySocket.set(socket, answers)
    socket.write(isOfSasl(asked) ? answers(asked) : answerTo(asked.correlation, SEVEN))
  }
  const listener = await listen(answer)
  opened.push(listener)
  return listener
}

const USER = { username: 'app', password: 'r1ght=,ü' } as const
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

for (const mechanism of MECHANISMS) {
  test(`${mechanism}: a user is authenticated before anything else is asked`, async () => {
    const seen: number[] = []
    const connection = await open(await listening({ ...USER, mechanism }, seen), { sasl: { ...USER, mechanism } })
    assert.equal(await ask(connection), 7)
    assert.deepEqual(seen, [SASL_KEYS.handshake, SASL_KEYS.authenticate, ...(mechanism === 'PLAIN' ? [] : [SASL_KEYS.authenticate]), KEY])
  })

  test(`${mechanism}: a wrong password and an unknown user are refused, and said without the password`, async () => {
    const listener = await listening({ ...USER, mechanism })
    for (const wrong of [{ password: 'wr0ng' }, { username: 'nobody' }]) {
      await assert.rejects(open(listener, { sasl: { ...USER, mechanism, ...wrong } }), (thrown: { readonly kind?: string; readonly message: string }) => {
        assert.equal(thrown.kind, 'AUTHENTICATION')
        assert.match(thrown.message, /SASL_AUTHENTICATION_FAILED: invalid credentials/)
        assert.doesNotMatch(thrown.message, /wr0ng|r1ght/)
        return true
      })
    }
  })
}

test('a mechanism that the listener does not take is said, with those that it does', async () => {
  const listener = await listening({ ...USER, mechanism: 'SCRAM-SHA-512' })
  await assert.rejects(open(listener, { sasl: { ...USER, mechanism: 'PLAIN' } }), { kind: 'AUTHENTICATION', message: /does not take PLAIN.*UNSUPPORTED_SASL_MECHANISM.*takes SCRAM-SHA-512/ })
})

test('a broker that cannot authenticate anyone now says nothing of the credentials', async () => {
  for (const at of [SASL_KEYS.handshake, SASL_KEYS.authenticate]) {
    const answers = saslAnswers({ ...USER, mechanism: 'PLAIN' })
    const listener = await listen((asked, socket) => {
      const answer = answers(asked)
      // The number of an error comes first in both.
      const body = answer.subarray(8)
      if (asked.key === at) body.writeInt16BE(COORDINATOR_NOT_AVAILABLE, asked.key === SASL_KEYS.handshake ? 0 : 1)
      socket.write(answer)
    })
    opened.push(listener)
    await assert.rejects(open(listener, { sasl: { ...USER, mechanism: 'PLAIN' } }), { kind: 'NETWORK', message: /COORDINATOR_NOT_AVAILABLE/ })
  }
})

test('a broker that hangs up while it authenticates is not reached: nothing is said of the credentials', async () => {
  for (const at of [SASL_KEYS.handshake, SASL_KEYS.authenticate]) {
    const answers = saslAnswers({ ...USER, mechanism: 'PLAIN' })
    const listener = await listen((asked, socket) => void (asked.key === at ? socket.destroy() : socket.write(answers(asked))))
    opened.push(listener)
    await assert.rejects(open(listener, { sasl: { ...USER, mechanism: 'PLAIN' } }), { kind: 'NETWORK' })
  }
})

test('C5: a user who is taken for a while is authenticated again in time, between the requests', async () => {
  const seen: number[] = []
  const connection = await open(await listening({ ...USER, mechanism: 'SCRAM-SHA-512', lifetimeMs: 250 }, seen), { sasl: { ...USER, mechanism: 'SCRAM-SHA-512' } })
  const untilMs = performance.now() + 600
  while (performance.now() < untilMs) {
    assert.deepEqual(await Promise.all([ask(connection), ask(connection)]), [7, 7])
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const times = seen.flatMap((key, index) => (key === SASL_KEYS.handshake ? [seen.slice(index, index + 3)] : []))
  assert.ok(times.length >= 3, `authenticated ${times.length} times`)
  for (const keys of times) assert.deepEqual(keys, [SASL_KEYS.handshake, SASL_KEYS.authenticate, SASL_KEYS.authenticate])
})

test('a user who is refused the second time ends the connection', async () => {
  let handshakes = 0
  const right = saslAnswers({ ...USER, mechanism: 'PLAIN', lifetimeMs: 100 })
  const wrong = saslAnswers({ ...USER, mechanism: 'PLAIN', password: 'changed' })
  const listener = await listen((asked, socket) => {
    if (asked.key === SASL_KEYS.handshake) handshakes += 1
    if (isOfSasl(asked)) socket.write((handshakes < 2 ? right : wrong)(asked))
  })
  opened.push(listener)
  const connection = await open(listener, { sasl: { ...USER, mechanism: 'PLAIN' } })
  await assert.rejects(ask(connection), { kind: 'NETWORK', message: /refused the user/ })
  assert.equal(connection.isConnected(), false)
})

const withTls = HAS_OPENSSL ? {} : { skip: 'openssl is not installed' }
const folder = mkdtempSync(join(tmpdir(), 'statelog-connection-'))
let own: Authority
let other: Authority

before(() => {
  if (!HAS_OPENSSL) return
  own = authority(folder, 'own')
  other = authority(folder, 'other')
})
after(() => rmSync(folder, { recursive: true, force: true }))

/** `named`: told by what name each request's connection was asked for; false: by none. */
async function listeningTls(named: (name: unknown) => void = () => {}): Promise<Listener> {
  const listener = await listen(({ correlation }, socket) => {
    named((socket as TLSSocket).servername)
    socket.write(answerTo(correlation, SEVEN))
  }, { key: readFileSync(own.key), cert: readFileSync(own.cert) })
  opened.push(listener)
  return listener
}

const codeBelow = (thrown: { readonly kind?: string; readonly cause?: { readonly code?: string } }): string => `${thrown.kind} ${thrown.cause?.code}`

test('over TLS, requests are answered', withTls, async () => {
  assert.equal(await ask(await open(await listeningTls(), { tls: { ca: readFileSync(own.ca, 'utf8') } })), 7)
})

test('a broker is told by which name it is looked for, so that what stands before many of them finds it; an address is no name', withTls, async () => {
  const names: unknown[] = []
  const listener = await listeningTls((name) => names.push(name))
  const tls = { ca: readFileSync(own.ca, 'utf8') }
  for (const host of ['localhost', '127.0.0.1']) await ask(await open({ ...listener, host }, { tls }))
  assert.deepEqual(names.map((name) => name || ''), ['localhost', ''])
})

test('a certificate of an unknown authority is refused, with the code that says so', withTls, async () => {
  const listener = await listeningTls()
  for (const tls of [{}, { ca: readFileSync(other.ca, 'utf8') }]) {
    await assert.rejects(open(listener, { tls }), (thrown: Error) => /^NETWORK (UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_)/.test(codeBelow(thrown as never)))
  }
})

test('TLS on one side only is no connection', withTls, async () => {
  const tls = await listeningTls()
  await assert.rejects(open(tls, {}).then(ask), { kind: 'NETWORK' })
  const plain = await listen(({ correlation }, socket) => socket.write(answerTo(correlation, SEVEN)))
  opened.push(plain)
  await assert.rejects(Connection.open(plain, { ...OPTIONS, security: { tls: { ca: readFileSync(own.ca, 'utf8') } }, connectMsMax: 300 }), { name: 'Unanswered' })
})

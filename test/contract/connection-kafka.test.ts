// A connection to a broker: what becomes of every request, whatever the other side does.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, test } from 'node:test'
import { Connection } from '../../adapters/kafka/connection.ts'
import type { ConnectionOptions } from '../../adapters/kafka/connection.ts'
import type { Reader } from '../../adapters/kafka/reader.ts'
import { answerTo, listen } from '../support/kafka-listener.ts'
import type { Asked, Listener, Listening } from '../support/kafka-listener.ts'

const OPTIONS: ConnectionOptions = { clientId: 'test', security: {}, connectMsMax: 2000, requestMsMax: 2000 }
const KEY = 3
const VERSION = 12

const opened: { close: () => unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function listening(answer: Listening): Promise<Listener> {
  const listener = await listen(answer)
  opened.push(listener)
  return listener
}

async function connected(answer: Listening, options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const connection = await Connection.open(await listening(answer), { ...OPTIONS, ...options })
  opened.push(connection)
  return connection
}

/** One request; the listener sees the text behind its head, and what it answers is taken for text. */
function ask(connection: Connection, text: string, parse = (reader: Reader): string => reader.readString(false)): Promise<string> {
  return new Promise((resolve, reject) => {
    connection.send(KEY, VERSION, () => ({ buffers: [Buffer.from(text)] }), parse, false, false, (error, answer) => (error === null ? resolve(answer ?? '') : reject(error)))
  })
}

function textual(text: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeInt16BE(Buffer.byteLength(text))
  return Buffer.concat([length, Buffer.from(text)])
}

const echo = ({ correlation, rest }: Asked): Buffer => answerTo(correlation, textual(`<${String(rest)}>`))

const NETWORK = { name: 'Unanswered', kind: 'NETWORK' }
const TIMEOUT = { name: 'Unanswered', kind: 'TIMEOUT' }

test('a request has its head, and its answer goes to who asked', async () => {
  const seen: Asked[] = []
  const connection = await connected((asked, socket) => {
    seen.push(asked)
    socket.write(echo(asked))
  })
  assert.equal(await ask(connection, 'one'), '<one>')
  assert.deepEqual(seen.map(({ key, version, clientId, rest }) => [key, version, clientId, String(rest)]), [[KEY, VERSION, 'test', 'one']])
})

test('flexible heads end with tagged fields, which an answer may have too', async () => {
  const connection = await connected(({ correlation, rest }, socket) => {
    assert.equal(rest[0], 0)
    // Two tags: number, size, bytes.
    socket.write(answerTo(correlation, Buffer.concat([Buffer.from([2, 0, 1, 9, 1, 2, 9, 9]), textual(String(rest.subarray(1)))])))
  })
  const answer = await new Promise((resolve, reject) => {
    connection.send(KEY, VERSION, () => ({ buffers: [Buffer.from('o'), Buffer.from('ne')] }), (reader) => reader.readString(false), true, true, (error, text) => (error === null ? resolve(text) : reject(error)))
  })
  assert.equal(answer, 'one')
})

test('answers that are cut at any byte, or come together, go to who asked', async () => {
  // Held until all three are asked, then written in two pieces.
  let cut = 0
  let held: Buffer[] = []
  const connection = await connected((asked, socket) => {
    held.push(echo(asked))
    if (held.length < 3) return
    const bytes = Buffer.concat(held)
    held = []
    socket.write(bytes.subarray(0, cut), () => setImmediate(() => socket.write(bytes.subarray(cut))))
  })
  const bytes = 3 * (8 + 2 + 3)
  for (cut = 0; cut <= bytes; cut += 1) assert.deepEqual(await Promise.all(['a', 'b', 'c'].map((text) => ask(connection, text))), ['<a>', '<b>', '<c>'], `cut at ${cut}`)
})

test('C1: a thousand requests at once are written in order, five at a time, and all are answered', async () => {
  const seen: string[] = []
  let waiting = 0
  let most = 0
  const connection = await connected((asked, socket) => {
    seen.push(String(asked.rest))
    waiting += 1
    most = Math.max(most, waiting)
    setImmediate(() => {
      waiting -= 1
      socket.write(echo(asked))
    })
  })
  const texts = Array.from({ length: 1000 }, (_, index) => `${index}`)
  assert.deepEqual(await Promise.all(texts.map((text) => ask(connection, text))), texts.map((text) => `<${text}>`))
  assert.deepEqual(seen, texts)
  assert.ok(most <= 5, `${most} were in flight`)
})

test('answers in another order go to who asked', async () => {
  const held: Buffer[] = []
  const connection = await connected((asked, socket) => {
    held.unshift(echo(asked))
    if (held.length === 3) socket.write(Buffer.concat(held))
  })
  assert.deepEqual(await Promise.all(['a', 'b', 'c'].map((text) => ask(connection, text))), ['<a>', '<b>', '<c>'])
})

test('an answer of 20 MiB is whole', async () => {
  const large = 'x'.repeat(20 << 20)
  const connection = await connected(({ correlation }, socket) => socket.write(answerTo(correlation, Buffer.from(large))))
  const text = await ask(connection, 'large', (reader) => String(reader.read(reader.remaining)))
  assert.ok(text === large)
})

test('an answer that cannot be read is an error of its request alone', async () => {
  const connection = await connected((asked, socket) => socket.write(echo(asked)))
  // What was asked may have been done.
  await assert.rejects(ask(connection, 'one', (reader) => String(reader.skip(100).readInt32())), NETWORK)
  assert.equal(await ask(connection, 'two'), '<two>')
})

test('a request that cannot be written is an error of it alone', async () => {
  const connection = await connected((asked, socket) => socket.write(echo(asked)))
  await assert.rejects(new Promise((_resolve, reject) => connection.send(KEY, VERSION, () => {
    throw new RangeError('no such request')
  }, () => '', false, false, reject)), /no such request/)
  assert.equal(await ask(connection, 'two'), '<two>')
})

const ENDS: readonly (readonly [string, Listening])[] = [
  ['an answer to no request', ({ correlation }, socket) => socket.write(answerTo(correlation + 1000, textual('x')))],
  ['an answer for the second time', (asked, socket) => socket.write(Buffer.concat([answerTo(asked.correlation - 1, textual('again')), echo(asked)]))],
  ['a length over every bound', ({ correlation }, socket) => socket.write(answerTo(correlation, textual('x'), 0x7fff_ffff))],
  ['a length below zero', ({ correlation }, socket) => socket.write(answerTo(correlation, textual('x'), -1))],
  ['a length of less than a number', ({ correlation }, socket) => socket.write(answerTo(correlation, textual('x'), 3))],
  ['an alert of TLS', (_asked, socket) => socket.write(Buffer.from([0x15, 3, 3, 0, 2, 2, 70]))],
  ['an answer of HTTP', (_asked, socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['a hang-up', (_asked, socket) => socket.destroy()],
  ['a hang-up within a length', (_asked, socket) => socket.end(Buffer.from([0, 0]))],
  ['a hang-up within an answer', (asked, socket) => socket.end(echo(asked).subarray(0, 10))],
]

for (const [what, answer] of ENDS) {
  test(`C2, C4: ${what} ends the connection, and rejects what waits`, async () => {
    let seen = 0
    const connection = await connected((asked, socket) => {
      seen += 1
      if (seen === 1) socket.write(echo(asked))
      else if (seen === 2) answer(asked, socket)
    })
    assert.equal(await ask(connection, 'good'), '<good>')
    const ends = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => ask(connection, `${index}`)))
    for (const end of ends) assert.ok(end.status === 'rejected' && (end.reason as { kind: string }).kind === 'NETWORK')
    assert.equal(connection.isConnected(), false)
    await assert.rejects(ask(connection, 'after'), NETWORK)
  })
}

test('C3: a request that is not answered in time ends the connection; its late answer is nobody\'s', async () => {
  const connection = await connected((asked, socket) => void setTimeout(() => socket.write(echo(asked)), 150), { requestMsMax: 50 })
  const fromMs = performance.now()
  const ends = await Promise.allSettled(['first', 'second'].map((text) => ask(connection, text)))
  assert.deepEqual(ends.map((end) => (end.status === 'rejected' ? (end.reason as { kind: string }).kind : end.value)), ['TIMEOUT', 'NETWORK'])
  const tookMs = performance.now() - fromMs
  assert.ok(tookMs >= 49 && tookMs < 1000, `took ${tookMs} ms`)
  assert.equal(connection.isConnected(), false)
  await new Promise((resolve) => setTimeout(resolve, 200))
})

test('the time of a request begins when it is written: a queue of quick ones is no reason to end', async () => {
  // Each takes a fifth of the limit, all of them three times as long as it.
  let last = Promise.resolve()
  const connection = await connected((asked, socket) => {
    last = last.then(() => new Promise((resolve) => setTimeout(resolve, 20))).then(() => void socket.write(echo(asked)))
  }, { requestMsMax: 200 })
  const texts = Array.from({ length: 30 }, (_, index) => `${index}`)
  assert.equal((await Promise.all(texts.map((text) => ask(connection, text)))).length, 30)
})

test('a process that was busy takes the answer that came meanwhile', async () => {
  // The listener lives in this process too, and is what keeps it busy.
  const connection = await connected((asked, socket) => {
    socket.write(echo(asked))
    const untilMs = performance.now() + 100
    while (performance.now() < untilMs);
  }, { requestMsMax: 30 })
  assert.equal(await ask(connection, 'one'), '<one>')
})

test('closing rejects what waits, once', async () => {
  const connection = await connected(() => undefined)
  let settled = 0
  const asks = Array.from({ length: 100 }, (_, index) => ask(connection, `${index}`).finally(() => (settled += 1)))
  connection.close()
  connection.close()
  for (const end of await Promise.allSettled(asks)) assert.ok(end.status === 'rejected')
  assert.equal(settled, 100)
  await assert.rejects(ask(connection, 'after'), NETWORK)
})

test('more requests than may wait are refused at once', async () => {
  const connection = await connected(() => undefined)
  const asks = Array.from({ length: 10_006 }, (_, index) => ask(connection, `${index}`))
  await assert.rejects(asks.at(-1) as Promise<string>, /wait already/)
  connection.close()
  await Promise.allSettled(asks)
})

test('where nobody listens, nothing is opened', async () => {
  const listener = await listen(() => undefined)
  await listener.close()
  await assert.rejects(Connection.open(listener, OPTIONS), (thrown: { readonly kind?: string; readonly cause?: { readonly code?: string } }) => thrown.kind === 'NETWORK' && thrown.cause?.code === 'ECONNREFUSED')
})

test('a host that has no address is said so', async () => {
  await assert.rejects(Connection.open({ host: 'no.such.host.invalid', port: 1 }, OPTIONS), (thrown: { readonly kind?: string; readonly cause?: { readonly code?: string } }) => thrown.kind === 'NETWORK' && /^E/.test(thrown.cause?.code ?? ''))
})

test('opening ends in time where the other side takes the connection and is silent', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined).resume())
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  opened.push({ close: () => new Promise((resolve) => silent.close(resolve)) })
  const { port } = silent.address() as AddressInfo
  for (const security of [{ tls: {} }, { sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' } }] as const) {
    await assert.rejects(Connection.open({ host: '127.0.0.1', port }, { ...OPTIONS, security, connectMsMax: 60 }), TIMEOUT)
  }
})

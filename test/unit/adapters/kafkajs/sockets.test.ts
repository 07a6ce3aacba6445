// K1, K2 with real sockets: what is asked of a connection ends, whenever it is closed, opened or cut off.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mend } from '../../../../adapters/kafkajs/internals.ts'

const internal = createRequire(import.meta.url)
const ANSWER_MS_MAX = 200
const CONNECT_MS_MAX = 500
const LATE_MS = 2000
const quiet = { namespace: () => quiet, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

interface Request {
  readonly request: object
  readonly response: object
}

interface Connection {
  readonly socket: Socket
  connect(): Promise<unknown>
  disconnect(): Promise<unknown>
  isConnected(): boolean
  send(request: Request): Promise<unknown>
}

mend()
const RealConnection = internal('kafkajs/src/network/connection') as new (options: object) => Connection
const Encoder = internal('kafkajs/src/protocol/encoder') as new () => object
const socketFactory = (internal('kafkajs/src/network/socketFactory') as () => unknown)()

const connectionTo = (port: number, maxInFlightRequests: number | null = null): Connection => new RealConnection({ maxInFlightRequests, host: '127.0.0.1', port, logger: quiet, socketFactory, connectionTimeout: CONNECT_MS_MAX, requestTimeout: ANSWER_MS_MAX, enforceRequestTimeout: true, clientId: 'test' })
const request: Request = { request: { apiKey: 3, apiVersion: 0, apiName: 'Metadata', encode: async () => new Encoder() }, response: { decode: async () => ({}), parse: async () => 'answered' } }

const answerTo = (asked: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 8]), asked.subarray(8, 12), Buffer.alloc(4)])

/** Answers, or takes what comes and says nothing. */
async function serve(answers: boolean, port = 0): Promise<{ readonly server: Server; readonly port: number; shut(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    // Of one request at a time.
    socket.on('data', (data) => {
      if (answers) socket.write(answerTo(data))
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const shut = async (): Promise<void> => {
    for (const socket of sockets) socket.resetAndDestroy()
    server.close()
    await once(server, 'close')
  }
  return { server, port: (server.address() as AddressInfo).port, shut }
}

const ended = (asked: Promise<unknown>): Promise<string> => Promise.race([
  asked.then((answer) => String(answer), (thrown: unknown) => (thrown as Error).name),
  sleep(LATE_MS, 'never', { ref: true }),
])

test('K2: a request ends at whatever moment its connection is closed', async () => {
  const { port, shut } = await serve(false)
  try {
    const ends = await Promise.all(Array.from({ length: 24 }, async (_, later) => {
      const connection = connectionTo(port)
      await connection.connect()
      const asked = ended(connection.send(request))
      for (let at = 0; at < later; at += 1) await undefined
      const isClosed = ended(connection.disconnect().then(() => 'closed'))
      return [await asked, await isClosed, connection.isConnected()]
    }))
    for (const [later, [asked, isClosed, isConnected]] of ends.entries()) {
      assert.match(String(asked), /^KafkaJS(ConnectionError|ConnectionClosedError|RequestTimeoutError)$/, `closed ${later} turns later`)
      assert.deepEqual([isClosed, isConnected], ['closed', false], `closed ${later} turns later`)
    }
  } finally {
    await shut()
  }
})

test('K2: what waits for its turn is not written after a close', async () => {
  let heard = 0
  const server = createServer((socket) => socket.on('data', (data) => {
    heard += 1
    setTimeout(() => socket.write(answerTo(data)), 20)
  }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connection = connectionTo((server.address() as AddressInfo).port, 1)
  await connection.connect()
  const asked = [ended(connection.send(request)), ended(connection.send(request))]
  await sleep(5)
  await connection.disconnect()
  assert.deepEqual(await Promise.all(asked), ['answered', 'KafkaJSConnectionClosedError'])
  await sleep(50)
  assert.equal(heard, 1)
  server.close()
})

test('K1: what is opened after a close is answered, at whatever moment it was closed', async () => {
  const { port, shut } = await serve(true)
  try {
    for (let later = 0; later < 24; later += 1) {
      const connection = connectionTo(port)
      const first = connection.connect().catch(() => undefined)
      for (let at = 0; at < later; at += 1) await (at % 2 === 0 ? undefined : sleep(0))
      void connection.disconnect()
      await connection.connect()
      assert.equal(connection.socket.connecting, false, 'connected is who has a socket that is')
      assert.equal(await ended(connection.send(request)), 'answered', `closed ${later} turns later`)
      await first
      assert.equal(await ended(connection.send(request)), 'answered', 'the first socket has nothing to say any more')
      await connection.disconnect()
    }
  } finally {
    await shut()
  }
})

test('K1: the clock of a socket that was closed before it was open does not close the next one', async () => {
  const { port, shut } = await serve(true)
  try {
    const connection = connectionTo(port)
    const first = connection.connect().catch(() => undefined)
    await connection.disconnect()
    await first
    await connection.connect()
    const { socket } = connection
    await sleep(CONNECT_MS_MAX + 100)
    assert.equal(await ended(connection.send(request)), 'answered')
    assert.equal(connection.socket, socket)
    await connection.disconnect()
  } finally {
    await shut()
  }
})

test('K1: half an answer of the last socket is not the beginning of what the next one says', async () => {
  for (const said of [[0, 0, 0, 8, 1, 2], [0, 0], [0x7f, 0xff, 0xff, 0xff, 0]]) {
    const server = createServer((socket) => {
      socket.once('data', (data) => {
        if (isFirst) socket.end(Buffer.from(said))
        else socket.write(answerTo(data))
        isFirst = false
      })
    })
    let isFirst = true
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const connection = connectionTo((server.address() as AddressInfo).port)
    await connection.connect()
    assert.match(await ended(connection.send(request)), /^KafkaJSConnection(Closed)?Error$/)
    await connection.connect()
    assert.equal(await ended(connection.send(request)), 'answered')
    await connection.disconnect()
    server.close()
  }
})

test('K1: a connection that is asked to connect again and again hears its socket once', async () => {
  const { port, shut } = await serve(true)
  try {
    const connection = connectionTo(port)
    await connection.connect()
    const count = connection.socket.listenerCount('close')
    for (let times = 0; times < 5; times += 1) await connection.connect()
    assert.equal(connection.socket.listenerCount('close'), count)
    await connection.disconnect()
  } finally {
    await shut()
  }
})

test('K1: one that is refused says why, and opens again when somebody listens', async () => {
  const first = await serve(true)
  await first.shut()
  const connection = connectionTo(first.port)
  const refused = await Promise.all([connection.connect(), connection.connect(), connection.disconnect()].map((each) => each.catch((thrown: unknown) => (thrown as { readonly code?: string }).code)))
  assert.equal(refused[0], refused[1], 'two who open one connection hear the same')
  assert.equal(await connection.connect().catch((thrown: unknown) => (thrown as { readonly code?: string }).code), 'ECONNREFUSED')
  const second = await serve(true, first.port)
  await connection.connect()
  assert.equal(await ended(connection.send(request)), 'answered')
  await second.shut()
  assert.match(await ended(connection.send(request)), /^KafkaJSConnection(Closed)?Error$/)
  await connection.disconnect()
})

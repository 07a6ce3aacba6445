// A listener that speaks no more of Kafka's protocol than frames and numbers of requests: a test writes what it answers, byte by byte where it must.
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { TlsOptions } from 'node:tls'
import { Frames } from '../../adapters/kafka/frames.ts'

export interface Asked {
  readonly key: number
  readonly version: number
  readonly correlation: number
  readonly clientId: string
  /** What stands behind the client's name: the tagged fields of a flexible head too. */
  readonly rest: Buffer
}

export type Listening = (asked: Asked, socket: Socket) => void

export interface Listener {
  readonly host: string
  readonly port: number
  /** Connections that were made so far. */
  readonly count: () => number
  readonly close: () => Promise<void>
}

/** An answer as it goes over the wire; `length` where it shall lie. */
export function answerTo(correlation: number, body: Buffer, length = body.length + 4): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(length, 0)
  head.writeInt32BE(correlation, 4)
  return Buffer.concat([head, body])
}

export async function listen(answer: Listening, tls?: TlsOptions): Promise<Listener> {
  const sockets = new Set<Socket>()
  let made = 0
  const serve = (socket: Socket): void => {
    made += 1
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    const frames = new Frames(1 << 30)
    socket.on('data', (chunk: Buffer) => frames.take(chunk, (frame) => answer(askedIn(frame), socket)))
  }
  const server: Server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve)
  // A client that does not trust the certificate.
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    count: () => made,
    close: () => new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    }),
  }
}

function askedIn(frame: Buffer): Asked {
  const clientId = frame.toString('utf8', 10, 10 + frame.readInt16BE(8))
  return { key: frame.readInt16BE(0), version: frame.readInt16BE(2), correlation: frame.readInt32BE(4), clientId, rest: frame.subarray(10 + clientId.length) }
}

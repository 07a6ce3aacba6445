// Connections of kafkajs and their sockets. A connection of kafkajs counts as connected while it closes, forgets its clock for requests when it has closed, hears
// sockets that it had before, and goes on with the half of an answer that came from one: what is written to it meanwhile is never answered, and never fails.
//
// Owns: which connections are opened, and which closed, right now.
//
// K1. A connection has one socket. It is opened once at a time, not before the last one has closed, and nothing is heard of a socket that was closed: nor its clock,
//     nor the half of an answer.
// K2. What is asked of a connection that closes, or that has closed, fails: each request ends within the time for requests. What waits for its turn then is not written.
import type { Socket } from 'node:net'

export interface Connection {
  readonly host: string
  readonly port: number
  readonly socket?: Socket
  /** What came of an answer that is not whole yet. */
  chunks: Buffer[]
  bytesBuffered: number
  bytesNeeded: number
  readonly requestQueue: { readonly pending: { rejected(error: Error): void }[] }
  isConnected(): boolean
  connect(): Promise<unknown>
  disconnect(): Promise<unknown>
  /** Throws where nothing may be written. Asked before each request is. */
  failIfNotConnected(): void
  rejectRequests(error: Error): void
}

/** Of kafkajs. It forgets a broker whose connection closed, and keeps one that it was not connected to. */
export interface Errors {
  readonly KafkaJSConnectionClosedError: new (message: string, of: { readonly host: string; readonly port: number }) => Error
  readonly KafkaJSConnectionError: new (message: string, of: { readonly broker: string }) => Error
}

/** Of an answer's size, which comes first. */
const SIZE_BYTES = 4
const LINGER_MS = 1000

interface Opening {
  readonly done: Promise<unknown>
  /** Closed before it was open. */
  isOver: boolean
  giveUp(): void
}

/** Once for a prototype. */
export function oneSocketEach(prototype: Connection, errors: Errors): void {
  const { connect, disconnect, failIfNotConnected } = prototype
  const opening = new WeakMap<Connection, Opening>()
  const closing = new WeakMap<Connection, Promise<unknown>>()
  const closed = ({ host, port }: Connection): Error => new errors.KafkaJSConnectionClosedError('Closed connection', { host, port })
  const notConnected = ({ host, port }: Connection): Error => new errors.KafkaJSConnectionError('Not connected', { broker: `${host}:${port}` })

  const open = (connection: Connection): Promise<unknown> => {
    if (connection.isConnected()) return connect.call(connection)
    Object.assign(connection, { chunks: [], bytesBuffered: 0, bytesNeeded: SIZE_BYTES })
    const { promise, reject } = Promise.withResolvers<never>()
    const done = Promise.race([connect.call(connection), promise]).finally(() => opening.delete(connection))
    opening.set(connection, { done, isOver: false, giveUp: () => reject(notConnected(connection)) })
    const { socket } = connection
    // Not every runtime tells of an end or an error first.
    socket?.once('close', () => {
      if (connection.socket !== socket || !connection.isConnected()) return
      connection.rejectRequests(closed(connection))
      void connection.disconnect()
    })
    return done
  }

  const close = async (connection: Connection): Promise<unknown> => {
    const [{ socket, requestQueue }, opened] = [connection, opening.get(connection)]
    for (const waiting of requestQueue.pending.splice(0)) waiting.rejected(closed(connection))
    const result = await disconnect.call(connection)
    // Its own end stops its clock, and tells who is being let in.
    socket?.emit('end')
    if (socket !== undefined) discard(socket)
    connection.rejectRequests(closed(connection))
    if (opened !== undefined) {
      opened.isOver = true
      // Later than whoever closed it because it could not be opened, and says why.
      setImmediate(() => opened.giveUp())
    }
    return result
  }

  prototype.connect = function () {
    const opened = opening.get(this)
    const before = closing.get(this) ?? (opened?.isOver === true ? opened.done.catch(() => undefined) : undefined)
    return before === undefined ? opened?.done ?? open(this) : before.then(() => this.connect())
  }
  prototype.disconnect = function () {
    const under = closing.get(this) ?? close(this).finally(() => closing.delete(this))
    closing.set(this, under)
    return under
  }
  prototype.failIfNotConnected = function () {
    if (closing.has(this)) throw notConnected(this)
    failIfNotConnected.call(this)
  }
}

/** It has been ended. */
function discard(socket: Socket): void {
  socket.removeAllListeners()
  socket.on('error', () => {})
  const destroy = (): void => void socket.destroy()
  if (socket.connecting || socket.writableFinished) return destroy()
  // A peer that stands still takes no more.
  const late = setTimeout(destroy, LINGER_MS)
  late.unref()
  socket.once('finish', destroy)
  socket.once('close', () => clearTimeout(late))
}

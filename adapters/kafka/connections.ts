// Connections to the brokers of a cluster, one for each use of each broker.
//
// Owns: the sockets. A broker answers the requests of a connection one after the other, so what may wait (joining a group, a fetch) has its own.
import { OperationError } from '../../system/protocol/failures.ts'
import { Connection } from './connection.ts'
import type { Security } from './connection.ts'

export interface Broker {
  readonly host: string
  readonly port: number
}

export interface Transport {
  readonly clientId: string
  readonly security: Security
  /** Of a dial; and of what a broker knows without asking others (`FINDING`), ms. */
  readonly connectMsMax: number
  /** Ends a connection whose broker does not answer, ms; `slowMsMax` for uses that wait by design (joining a group). */
  readonly requestMsMax: number
  readonly slowMsMax: number
}

/** The use of who looks for a coordinator: where one stands still, the next is asked while a session lasts. */
export const FINDING = 'find'

/** `host:port`, several with commas between. Throws `kafka/address`. */
export function parseBrokers(text: string): readonly Broker[] {
  const brokers = text.split(',').map((part) => part.trim()).filter((part) => part !== '').map((part) => {
    const match = /^(?<host>\[[0-9a-f:.]+\]|[^:\s/]+):(?<port>\d{1,5})$/i.exec(part)
    const port = Number(match?.groups?.['port'])
    if (match === null || port < 1 || port > 65_535) throw new OperationError('kafka/address', `'${part}' is no broker address; expected host:port, several with commas between`)
    return { host: (match.groups?.['host'] ?? '').replace(/^\[|\]$/g, ''), port }
  })
  if (brokers.length === 0) throw new OperationError('kafka/address', 'no broker address; expected host:port, several with commas between')
  return brokers
}

export class Connections {
  readonly #transport: Transport
  readonly #open = new Map<string, Promise<Connection>>()
  #isClosed = false

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** The connection of a use to a broker, opened where there is none that works. */
  async get(use: string, broker: Broker): Promise<Connection> {
    const name = `${use}@${broker.host}:${broker.port}`
    const known = this.#open.get(name)
    if (known !== undefined) {
      const connection = await known.catch(() => undefined)
      if (connection?.isConnected() === true) return connection
      if (this.#open.get(name) === known) this.#open.delete(name)
      else return this.get(use, broker)
    }
    if (this.#isClosed) throw new OperationError('kafka/closed', 'the log is closed')
    const opening = this.#dial(use, broker)
    this.#open.set(name, opening)
    opening.catch(() => {
      if (this.#open.get(name) === opening) this.#open.delete(name)
    })
    return opening
  }

  /** Closes the connections of a use. A request that waits on one ends. */
  close(use: string): void {
    for (const [name, opening] of this.#open) if (name.startsWith(`${use}@`)) this.#end(name, opening)
  }

  closeAll(): void {
    this.#isClosed = true
    for (const [name, opening] of this.#open) this.#end(name, opening)
  }

  #end(name: string, opening: Promise<Connection>): void {
    this.#open.delete(name)
    opening.then((connection) => connection.close(), () => undefined).catch(() => undefined)
  }

  #dial(use: string, broker: Broker): Promise<Connection> {
    const { clientId, security, connectMsMax, requestMsMax, slowMsMax } = this.#transport
    const requestMs = use.startsWith('group ') ? slowMsMax : use === FINDING ? connectMsMax : requestMsMax
    return Connection.open(broker, { clientId, security, connectMsMax, requestMsMax: requestMs })
  }
}

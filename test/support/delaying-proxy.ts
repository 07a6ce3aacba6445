// DelayingProxy: between a client and a server on loopback; holds the server's answers back until it is told to let them go.
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

export class DelayingProxy {
  readonly #server: Server
  readonly #sockets: Socket[] = []
  #held: (() => void)[] = []
  #isHolding = false
  /** Taken since the start. */
  connections = 0
  port = 0

  /** `port`: default: any. */
  static async start(target: number, port = 0): Promise<DelayingProxy> {
    const proxy = new DelayingProxy(target)
    await new Promise<void>((resolve) => proxy.#server.unref().listen(port, '127.0.0.1', resolve))
    const address = proxy.#server.address()
    proxy.port = typeof address === 'object' && address !== null ? address.port : 0
    return proxy
  }

  private constructor(target: number) {
    this.#server = createServer((client) => {
      this.connections += 1
      const server = connect(target, '127.0.0.1')
      this.#sockets.push(client, server)
      for (const socket of [client, server]) socket.on('error', () => {})
      client.on('data', (data) => server.write(data))
      server.on('data', (data) => (this.#isHolding ? this.#held.push(() => client.write(data)) : client.write(data)))
      client.on('close', () => server.destroy())
      server.on('close', () => client.destroy())
    })
  }

  hold(): void {
    this.#isHolding = true
  }

  letGo(): void {
    this.#isHolding = false
    for (const send of this.#held.splice(0)) send()
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

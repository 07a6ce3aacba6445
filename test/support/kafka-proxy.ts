// KafkaProxy: between clients and a broker on loopback; knows which request each answer belongs to, counts requests, and holds or loses those of one kind, or
// their answers.
//
// Brokers name their own addresses in answers, and clients follow them: these are rewritten, so that every connection passes here.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

/** Kinds of requests, as the protocol numbers them. */
export const API = { produce: 0, listOffsets: 2, metadata: 3, offsetFetch: 9, heartbeat: 12, createTopics: 19, initProducerId: 22, addPartitions: 24, addOffsets: 25, endTxn: 26, txnOffsetCommit: 28, describeConfigs: 32 } as const

/** Where the error of an answer to initProducerId stands: after its length, correlation id and throttle time; from this version on with a byte of tags before. */
const ERROR_AT = 12
const FLEXIBLE_INIT = 2

/** What becomes of a request or an answer; `lost`: its connection ends in its place; `late`: the same, but the request comes to the broker when it is let come. */
export type Fate = 'pass' | 'held' | 'lost' | 'late'

/** Whole frames of a stream: a length of four bytes, then as many. */
class Frames {
  #rest: Buffer = Buffer.alloc(0)

  /** Those that this piece completes. */
  of(data: Buffer): readonly Buffer[] {
    const frames: Buffer[] = []
    this.#rest = Buffer.concat([this.#rest, data])
    while (this.#rest.length >= 4) {
      const end = 4 + this.#rest.readInt32BE(0)
      if (this.#rest.length < end) break
      frames.push(this.#rest.subarray(0, end))
      this.#rest = this.#rest.subarray(end)
    }
    return frames
  }
}

export class KafkaProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #counts = new Map<number, number>()
  #fences = 0
  readonly #fates = new Map<number, (nth: number) => Fate>()
  readonly #requestFates = new Map<number, (nth: number) => Fate>()
  #held: (() => void)[] = []
  #late: Buffer[] = []
  readonly #target: number
  #own: Buffer = Buffer.alloc(0)
  #brokers: Buffer = Buffer.alloc(0)
  address = ''

  static async start(broker: string): Promise<KafkaProxy> {
    const target = Number(broker.slice(broker.lastIndexOf(':') + 1))
    const proxy = new KafkaProxy(target)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    const bound = proxy.#server.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0
    proxy.address = `127.0.0.1:${port}`
    proxy.#brokers = named(target)
    proxy.#own = named(port)
    return proxy
  }

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((client) => this.#serve(client, connect(target, '127.0.0.1')))
  }

  /** Requests of this kind that passed here. */
  count(api: number): number {
    return this.#counts.get(api) ?? 0
  }

  /** Producer ids that brokers gave out. One that first answers that a transaction is still ending (CONCURRENT_TRANSACTIONS) is asked again for the same fence. */
  get fences(): number {
    return this.#fences
  }

  /** From now on answers of this kind, counted from 1, have these fates. */
  answers(api: number, fate: (nth: number) => Fate): void {
    this.#fates.set(api, fate)
  }

  /** From now on requests of this kind, counted from 1, have these fates: one that is lost never reaches the broker. */
  requests(api: number, fate: (nth: number) => Fate): void {
    this.#requestFates.set(api, fate)
  }

  /** Held requests and answers go on, as far as their connections stand. */
  letGo(): number {
    const held = this.#held.splice(0)
    for (const send of held) send()
    return held.length
  }

  /** Late requests come to the broker, each on a connection of its own. Resolves when it has answered them. */
  async letCome(): Promise<number> {
    const late = this.#late.splice(0)
    for (const frame of late) {
      const socket = connect(this.#target, '127.0.0.1')
      socket.write(frame)
      await once(socket, 'data')
      socket.destroy()
    }
    return late.length
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(client: Socket, server: Socket): void {
    const asked = new Map<number, { readonly api: number; readonly version: number }>()
    const [requests, answers] = [new Frames(), new Frames()]
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    }
    client.on('data', (data: Buffer) => {
      for (const frame of requests.of(data)) {
        const api = frame.readInt16BE(4)
        asked.set(frame.readInt32BE(8), { api, version: frame.readInt16BE(6) })
        this.#counts.set(api, this.count(api) + 1)
        this.#pass(this.#requestFates.get(api)?.(this.count(api)), frame, server)
      }
    })
    server.on('data', (data: Buffer) => {
      for (const frame of answers.of(data)) {
        const correlation = frame.readInt32BE(4)
        const { api, version } = asked.get(correlation) ?? { api: -1, version: 0 }
        asked.delete(correlation)
        if (api === API.initProducerId && frame.readInt16BE(version >= FLEXIBLE_INIT ? ERROR_AT + 1 : ERROR_AT) === 0) this.#fences += 1
        this.#answer(api, this.#rewritten(frame), client)
      }
    })
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
  }

  #answer(api: number, frame: Buffer, client: Socket): void {
    this.#pass(this.#fates.get(api)?.(this.count(api)), frame, client)
  }

  #pass(fate: Fate | undefined, frame: Buffer, to: Socket): void {
    if (fate === 'late') this.#late.push(frame)
    if (fate === undefined || fate === 'pass') to.write(frame)
    else if (fate === 'lost' || fate === 'late') to.destroy()
    else this.#held.push(() => to.write(frame))
  }

  #rewritten(frame: Buffer): Buffer {
    let at = frame.indexOf(this.#brokers)
    if (at < 0) return frame
    const copy = Buffer.from(frame)
    for (; at >= 0; at = copy.indexOf(this.#brokers, at)) this.#own.copy(copy, at)
    return copy
  }
}

/** How an answer names a broker: its host, then its port. */
function named(port: number): Buffer {
  const bytes = Buffer.from('127.0.0.1\0\0\0\0', 'latin1')
  bytes.writeInt32BE(port, bytes.length - 4)
  return bytes
}

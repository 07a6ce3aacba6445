// Outbox: outputs of many invocations sent together. While a send is under way the next ones gather.
import type { Message, Producer } from 'kafkajs'

interface Waiting {
  readonly message: Message
  resolve(): void
  reject(thrown: unknown): void
}

export class Outbox {
  readonly #producer: Producer
  readonly #topic: string
  #waiting: Waiting[] = []
  #isSending = false

  constructor(producer: Producer, topic: string) {
    this.#producer = producer
    this.#topic = topic
  }

  /** Resolves when the brokers have it. */
  send(message: Message): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ message, resolve, reject })
    if (!this.#isSending) void this.#sendAll()
    return promise
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true
    while (this.#waiting.length > 0) {
      const sent = this.#waiting
      this.#waiting = []
      try {
        await this.#producer.send({ topic: this.#topic, messages: sent.map(({ message }) => message), acks: -1 })
        for (const { resolve } of sent) resolve()
      } catch (thrown) {
        for (const { reject } of sent) reject(thrown)
      }
    }
    this.#isSending = false
  }
}

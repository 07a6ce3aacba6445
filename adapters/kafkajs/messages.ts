// Records as kafkajs takes them.
import type { Message } from 'kafkajs'
import type { Header, OutRecord } from '../../system/protocol/record.ts'

/**
 * kafkajs takes headers as an object, which has no order among names and no name twice in other places. It encodes a header that is a list by the list's own
 * `map`: this list answers every header of the record, in order.
 */
class HeaderList extends Array<Buffer> {
  readonly #headers: readonly Header[]

  constructor(headers: readonly Header[]) {
    super()
    this.#headers = headers
  }

  override map<T>(): T[] {
    return this.#headers.map(([key, value]) => ({ key, value: bufferOf(value) })) as T[]
  }
}

/**
 * kafkajs puts messages into groups by partition with the list's own `reduce`, copying each group for each of its messages. This list has its groups at hand.
 */
export class MessageList extends Array<Message> {
  readonly #groups: Record<number, Message[]> = {}

  add(partition: number, message: Message): void {
    this.push(message)
    const group = this.#groups[partition]
    if (group === undefined) this.#groups[partition] = [message]
    else group.push(message)
  }

  override reduce<T>(): T {
    return this.#groups as T
  }
}

export function messageOfRecord({ key, value, headers, partition, timestampMs }: OutRecord): Message {
  return {
    key: key === null ? null : bufferOf(key), value: value === null ? null : bufferOf(value), partition,
    // As text: kafkajs takes the number 0 for none.
    timestamp: textOf(timestampMs),
    ...(headers.length === 0 ? {} : { headers: { all: new HeaderList(headers) } }),
  }
}

/** Records of one commit have one time. */
let textMs = 0
let text = '0'

function textOf(timestampMs: number): string {
  if (timestampMs !== textMs) {
    textMs = timestampMs
    text = String(timestampMs)
  }
  return text
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

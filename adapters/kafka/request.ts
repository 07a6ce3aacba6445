// A kind of request: its number and version, how it is written, and how its answer is read.
import type { Connection } from './connection.ts'
import type { Reader } from './reader.ts'
import { errorName } from './wire.ts'
import { Writer } from './writer.ts'

/** What a broker said of one part of a request. */
export class PartRefused extends TypeError {
  override readonly name = 'PartRefused'
  /** The protocol's name of it. */
  readonly apiId: string
  constructor(apiId: string, reason: string | null) {
    super(reason === null ? apiId : `${apiId}: ${reason}`)
    this.apiId = apiId
  }
}

/** An answer that says nothing of a part: it may have been done, and is asked for again. */
export class LeftOut extends TypeError {
  override readonly name = 'LeftOut'
  readonly apiId = 'NETWORK_EXCEPTION'
}

/** An answer about all that was asked. Throws LeftOut. */
export function whole(answered: number, asked: number): void {
  if (answered < asked) throw new LeftOut(`the answer is about ${answered} partitions of ${asked}`)
}

/** An answer in which at least one part was refused. */
export class Refusals extends TypeError {
  override readonly name = 'Refusals'
  readonly errors: readonly PartRefused[]
  readonly response: unknown
  constructor(request: string, errors: readonly PartRefused[], response: unknown) {
    super(`${request} was refused: ${[...new Set(errors.map(({ message }) => message))].join(', ')}`)
    this.errors = errors
    this.response = response
  }
}

/** Takes the error number of a part, 0 for none, and answers it. */
export type Check = (code: number, reason?: string | null) => number

export interface Request<Args extends readonly unknown[], Answer> {
  /** Rejects with Refusals when a part was refused, with Unanswered without an answer. */
  (connection: Pick<Connection, 'send'>, ...args: Args): Promise<Answer>
  readonly key: number
  readonly version: number
  readonly createRequest: (...args: Args) => Writer
  /** Throws Refusals. */
  readonly parseResponse: (reader: Reader) => Answer
}

/** Of a flexible version: its heads end with tagged fields. */
export function request<Args extends readonly unknown[], Answer>(name: string, key: number, version: number, write: (writer: Writer, ...args: Args) => unknown, read: (reader: Reader, check: Check) => Answer): Request<Args, Answer> {
  const createRequest = (...args: Args): Writer => {
    const writer = Writer.create()
    write(writer, ...args)
    return writer.appendTaggedFields()
  }
  const parseResponse = (reader: Reader): Answer => {
    const refused: PartRefused[] = []
    const response = read(reader, (code, reason = null) => {
      if (code !== 0) refused.push(new PartRefused(errorName(code), reason))
      return code
    })
    reader.readTaggedFields()
    if (refused.length > 0) throw new Refusals(name, refused, response)
    return response
  }
  const ask = (connection: Pick<Connection, 'send'>, ...args: Args): Promise<Answer> => new Promise((resolve, reject) => {
    connection.send<Answer>(key, version, () => createRequest(...args), parseResponse, true, true, (error, answer) => (error === null ? resolve(answer as Answer) : reject(error)))
  })
  return Object.assign(ask, { key, version, createRequest, parseResponse })
}

/** Throttle time and one error number, with which most answers begin and some end. */
export function errorAlone(reader: Reader, check: Check): void {
  reader.readInt32()
  check(reader.readInt16())
}

// Asker: a client that asks for ledgers of one partition, one question after the other, whatever becomes of those who answer. It remembers nothing and asks for nothing
// newer than before: what it is told is all that holds answers in order.
import type { NatsConnection } from 'nats'
import { ask as askHttp } from '../http.ts'

/** What was answered, and when: ms of the machine's clock. */
export interface Answer {
  readonly client: string
  readonly askedMs: number
  readonly gotMs: number
  readonly id: string
  readonly partition: number
  readonly life: string
  readonly epoch: number
  readonly seq: number
  readonly changedSeq: number
  readonly configuration: string
  readonly context: unknown
}

/** A question that came to nothing. `silent`: nobody said anything in its time. */
export interface Miss {
  readonly askedMs: number
  readonly gotMs: number
  readonly kind: 'unavailable' | 'silent' | 'unreached'
}

interface Told {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

/** Resolves with what was said; undefined: nobody could be asked, null: nobody answered. */
export type Ask = (id: string) => Promise<Told | undefined | null>

/** Of one question: how long whoever is asked may look for an answer, and how long the client waits for it. */
const DEADLINE_MS = 300
const PATIENCE_MS = 450
/** After an answer, and after none. */
const EVERY_MS = 25
const AGAIN_MS = 50
/** From one question to the next, at the longest. */
export const INTERVAL_MS = PATIENCE_MS + AGAIN_MS

export class Asker {
  readonly name: string
  readonly answers: Answer[] = []
  readonly misses: Miss[] = []
  /** Neither an answer nor a clear word that there is none now. */
  readonly wrong: string[] = []
  readonly #ids: readonly string[]
  readonly #ask: Ask

  constructor(name: string, ids: readonly string[], ask: Ask) {
    this.name = name
    this.#ids = ids
    this.#ask = ask
  }

  /** Whether each of them is there, and is told of. */
  async knows(): Promise<boolean> {
    const told = await Promise.all(this.#ids.map((id) => this.#ask(id)))
    return told.every((one) => one?.status === 200)
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let nth = 0; !signal.aborted; nth += 1) {
      const id = this.#ids[nth % this.#ids.length] ?? ''
      const askedMs = Date.now()
      const told = await this.#ask(id)
      const isAnswer = this.#take(id, askedMs, told)
      await new Promise((resolve) => setTimeout(resolve, isAnswer ? EVERY_MS : AGAIN_MS))
    }
  }

  #take(id: string, askedMs: number, told: Told | undefined | null): boolean {
    const gotMs = Date.now()
    if (told?.status === 200) {
      this.answers.push({ ...(told.json as unknown as Answer), client: this.name, askedMs, gotMs, id })
      return true
    }
    const code = (told?.json['error'] as { readonly code?: string } | undefined)?.code
    if (told && !(told.status === 503 && (code === 'partition/unavailable' || code === 'server/stopping'))) this.wrong.push(`${this.name}: ${id}: ${told.status} ${JSON.stringify(told.json)}`)
    this.misses.push({ askedMs, gotMs, kind: told === null ? 'silent' : told === undefined ? 'unreached' : 'unavailable' })
    return false
  }
}

/** The next address after one at which there was no answer. */
export function overHttp(urls: readonly string[], first: number): Ask {
  let at = first
  return async (id) => {
    const late = AbortSignal.timeout(PATIENCE_MS)
    const told = await askHttp(urls[at % urls.length] ?? '', `/v1/entities/ledger/${id}?deadlineMs=${DEADLINE_MS}`, { signal: late }).catch(() => (late.aborted ? null : undefined))
    if (told?.status !== 200) at += 1
    return told
  }
}

/** Whoever of them NATS chooses. */
export function overNats(connection: NatsConnection): Ask {
  return async (id) => {
    try {
      const { headers, data } = await connection.request('statelog._api.ledgers.getEntity.ledger', JSON.stringify({ id, deadlineMs: DEADLINE_MS }), { timeout: PATIENCE_MS })
      return { status: Number(headers?.get('Statelog-Status')), json: JSON.parse(new TextDecoder().decode(data)) as Told['json'] }
    } catch (thrown) {
      return (thrown as { readonly code?: string }).code === 'TIMEOUT' ? null : undefined
    }
  }
}

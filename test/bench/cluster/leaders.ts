// Leaders: since when every partition of every topic, the brokers' own included, has a leader that lives, as each broker that lives tells it itself.
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '../../../adapters/kafka/connection.ts'
import { metadataV12 } from '../../../adapters/kafka/topic-requests.ts'

const ASK_MS = 10
const REQUEST_MS_MAX = 5000

/** Milliseconds of the wall clock. It came true in between. */
export interface Since {
  /** One that told otherwise was asked then. */
  readonly notBeforeMs: number
  /** All of them had answered so by then. */
  readonly notAfterMs: number
}

/** `ports`: of the brokers that live. Every few milliseconds each is asked anew, on a connection that stays. */
export async function allLed(ports: readonly number[], dead: number, giveUpMs: number): Promise<Since> {
  const each = await Promise.all(ports.map((port) => ledAt(port, dead, giveUpMs)))
  return { notBeforeMs: Math.max(...each.map(({ notBeforeMs }) => notBeforeMs)), notAfterMs: Math.max(...each.map(({ notAfterMs }) => notAfterMs)) }
}

async function ledAt(port: number, dead: number, giveUpMs: number): Promise<Since> {
  const connection = await Connection.open({ host: '127.0.0.1', port }, { clientId: 'leaders', security: {}, connectMsMax: REQUEST_MS_MAX, requestMsMax: REQUEST_MS_MAX })
  try {
    for (let notBeforeMs = Date.now(); Date.now() < giveUpMs;) {
      const askedMs = Date.now()
      if (await isLed(connection, dead)) return { notBeforeMs, notAfterMs: Date.now() }
      notBeforeMs = askedMs
      await sleep(ASK_MS)
    }
    throw new TypeError(`the broker at port ${port} knows of partitions without a leader for too long`)
  } finally {
    connection.close()
  }
}

async function isLed(connection: Connection, dead: number): Promise<boolean> {
  try {
    const { topics } = await metadataV12(connection, null, false, false)
    return topics.every(({ partitions }) => partitions.every(({ leaderId }) => leaderId >= 0 && leaderId !== dead))
  } catch (thrown) {
    // A partition without a leader is an error that carries the answer.
    if ((thrown as { readonly response?: unknown }).response === undefined) throw thrown
    return false
  }
}

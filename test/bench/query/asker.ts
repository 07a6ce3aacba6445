// Asks for entities at a rate, over HTTP on connections that stay or over NATS, and times the answers. Job in, result out, both JSON.
//
// A question's time is from the millisecond in which it was due to the last byte of its answer, whether or not those before were answered.
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectNats } from 'nats'
import { accountName } from '../w1/events.ts'

export interface AskerJob {
  readonly url: string
  readonly natsUrl: string | undefined
  readonly perSecond: number
  readonly seconds: number
  /** Not counted at the beginning. */
  readonly warmupSeconds: number
  readonly accounts: number
}

export interface AskerResult {
  readonly answers: number
  /** Answers that were not the entity. */
  readonly wrong: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
  readonly perSecond: number
}

/** At full speed an answer waits for the batch in hand: many are under way. */
const CONNECTIONS = 500
const STEP = 7919
/** What has no answer this long after the end has none. */
const LATE_MS = 5000

type Ask = (id: string) => Promise<boolean>

const job = JSON.parse(process.argv[2] ?? '') as AskerJob
const asks = job.natsUrl === undefined ? await overHttp(job.url) : await overNats(job.natsUrl)
const free = [...asks]
const due: number[] = []
const latencies: number[] = []
let asked = 0
let wrong = 0
let underWay = 0
let isTold = false
// Whoever is asked has ended.
process.once('SIGTERM', () => (isTold = true))
// Whoever starts both has them begin together.
process.stdout.write('{"ready":true}\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
const startMs = performance.now()
const endMs = startMs + (job.seconds + job.warmupSeconds) * 1000
const countedFromMs = startMs + job.warmupSeconds * 1000
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const nowMs = performance.now()
    if (nowMs >= endMs || isTold) {
      clearInterval(timer)
      return resolve()
    }
    for (const want = Math.floor(((nowMs - startMs) / 1000) * job.perSecond); asked < want; asked += 1) due.push(nowMs)
    send()
  }, 1)
})
const seconds = (performance.now() - countedFromMs) / 1000
for (const untilMs = performance.now() + LATE_MS; underWay > 0 && performance.now() < untilMs;) await new Promise((resolve) => setTimeout(resolve, 5))
latencies.sort((a, b) => a - b)
const at = (share: number): number => Math.round((latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? NaN) * 100) / 100
process.stdout.write(`${JSON.stringify({ answers: latencies.length, wrong, p50Ms: at(0.5), p99Ms: at(0.99), longestMs: at(1), perSecond: Math.round(latencies.length / seconds) } satisfies AskerResult)}\n`)
process.exit()

function send(): void {
  while (due.length > 0 && free.length > 0) {
    const dueMs = due.shift() ?? 0
    const ask = free.pop() as Ask
    underWay += 1
    void ask(accountName((asked * STEP + underWay) % job.accounts)).then((isRight) => {
      const nowMs = performance.now()
      underWay -= 1
      free.push(ask)
      if (dueMs >= countedFromMs) {
        latencies.push(nowMs - dueMs)
        if (!isRight) wrong += 1
      }
      send()
    })
  }
}

/** One question at a time on each connection; of the answer its status and length are read. */
async function overHttp(url: string): Promise<readonly Ask[]> {
  const { hostname, port } = new URL(url)
  return Promise.all(Array.from({ length: CONNECTIONS }, () => new Promise<Ask>((resolve, reject) => {
    const socket: Socket = connect(Number(port), hostname, () => resolve(ask)).setNoDelay(true)
    let answered: (isRight: boolean) => void = () => {}
    let text = ''
    socket.once('error', reject)
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += more
      const head = text.indexOf('\r\n\r\n')
      if (head === -1) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1])
      if (text.length < head + 4 + length) return
      const isRight = text.startsWith('HTTP/1.1 200')
      text = ''
      answered(isRight)
    })
    const ask: Ask = (id) => new Promise((settle) => {
      answered = settle
      socket.write(`GET /v1/entities/account/${id} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
    })
  })))
}

async function overNats(url: string): Promise<readonly Ask[]> {
  const connection = await connectNats({ servers: url.replace('nats://', '') })
  const ask: Ask = (id) => connection.request('statelog._api.w1.getEntity.account', JSON.stringify({ id }), { timeout: 10_000 }).then((answer) => answer.headers?.get('Statelog-Status') === '200', () => false)
  return Array.from({ length: CONNECTIONS }, () => ask)
}

// Sources: the workload's input as records, from a seed. Knows of every record what should become of it.
import { SeededRandom } from '../../../adapters/memory/random.ts'

export interface SourceRecord {
  readonly topic: 'moves' | 'rates'
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly timeMs: number
}

export interface SourceOptions {
  readonly seed: number
  readonly inputs: number
  /** Without tasks and ends nothing depends on processing time. */
  readonly calm?: boolean
  /** Default: 160 and 40. */
  readonly accounts?: number
  readonly pools?: number
}

interface Many {
  readonly accounts: number
  readonly pools: number
  readonly calm: boolean
}

export const START_MS = 1_600_000_000_000
const STEP_MS = 25
const ACCOUNTS = 160
const POOLS = 40

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The input in the order of its appending: a mixture of moves and rates, with duplicates, disorder and bad records. */
export function sourceRecords(options: SourceOptions): readonly SourceRecord[] {
  const { accounts = ACCOUNTS, pools = POOLS, calm = false } = options
  const many: Many = { accounts, pools, calm }
  const random = new SeededRandom(options.seed)
  const records: SourceRecord[] = []
  const recent: SourceRecord[] = []
  for (let index = 0; records.length < options.inputs; index += 1) {
    const timeMs = START_MS + index * STEP_MS - random.between(0, 400)
    if (random.next() < 0.08) {
      // Rates have no disorder: their source promises none.
      records.push(rate(random, START_MS + index * STEP_MS, many))
      continue
    }
    const old = recent[random.between(0, recent.length)]
    if (old !== undefined && random.next() < 0.06) {
      records.push(old)
      continue
    }
    const made = random.next() < 0.07 ? badMove(random, index, timeMs, many) : move(random, index, timeMs, many)
    records.push(made)
    recent.push(made)
    if (recent.length > 60) recent.shift()
  }
  return records
}

function rate(random: SeededRandom, timeMs: number, { pools }: Many): SourceRecord {
  const pool = `pool-${random.between(1, pools - 1)}`
  return { topic: 'rates', key: bytes(pool), value: bytes(JSON.stringify({ type: 'rate', pool, time: timeMs, percent: random.between(0, 97) })), timeMs }
}

function move(random: SeededRandom, index: number, timeMs: number, many: Many): SourceRecord {
  const account = accountOf(random, many)
  const base = { uid: `u${index}`, account, time: timeMs }
  const pick = random.next()
  const of = (event: object): SourceRecord => ({ topic: 'moves', key: bytes(account), value: bytes(JSON.stringify({ ...base, ...event })), timeMs })
  if (pick < 0.62) return of({ type: 'add', n: random.between(-20, 60), to: `pool-${random.between(0, many.pools - 1)}` })
  if (pick < 0.72) return of({ type: 'remind', wait: random.between(1, 8) * 500 })
  if (pick < 0.75) return of({ type: 'calm' })
  if (pick < 0.88) return of({ type: 'ask', x: random.between(-50, 50) })
  if (pick < 0.92) return of({ type: 'trap' })
  if (many.calm) return of({ type: 'add', n: 1, to: 'pool-0' })
  return pick < 0.98 ? of({ type: 'job', n: index }) : of({ type: 'close' })
}

function badMove(random: SeededRandom, index: number, timeMs: number, many: Many): SourceRecord {
  const account = accountOf(random, many)
  const good = { uid: `u${index}`, account, time: timeMs, type: 'add', n: 1, to: 'pool-0' }
  const of = (event: object, key = bytes(account)): SourceRecord => ({ topic: 'moves', key, value: bytes(JSON.stringify(event)), timeMs })
  switch (random.between(0, 5)) {
    case 0: return { topic: 'moves', key: bytes(account), value: bytes('{"type": "add", "n": '), timeMs }
    case 1: return { topic: 'moves', key: bytes(account), value: new Uint8Array(0), timeMs }
    case 2: return of({ ...good, n: 'one' })
    case 3: return of({ ...good, n: 5000 })
    case 4: return of({ ...good, account: 'account-of-another' })
    default: return of(good, new Uint8Array([0xff, 0xfe, index & 0xff]))
  }
}

/** Few accounts are busy, as everywhere. */
function accountOf(random: SeededRandom, { accounts }: Many): string {
  const share = random.next()
  return `account-${Math.floor(share * share * accounts)}`
}

// All orders are placed first, as fast as they are taken; then one after the other makes a step by chance, and one record in two hundred is bad.
import { SeededRandom } from '../../../adapters/memory/random.ts'
import { defineScenario } from '../../../adapters/node/statelog.ts'
import type { FeedItem, ScenarioOptions } from '../../../adapters/node/statelog.ts'
import { utf8Encode } from '../../../system/protocol/utf8.ts'
import { crowd, STEPS, WEIGHT_MAX } from './system.ts'

const START_MS = Date.UTC(2025, 0, 1)
const CHUNK = 500
const BAD_EVERY = 200
/** One in so many has a name that no column has room for. */
const LONG_EVERY = 1000

export const orderName = (nth: number): string => (nth % LONG_EVERY === 7 ? `order-of-a-customer-who-likes-${'long-'.repeat(24)}names-${nth}` : `o${nth}`)

function* steps(seed: number, orders: number): Generator<FeedItem> {
  const random = new SeededRandom(seed)
  const weight = (): number => random.between(0, WEIGHT_MAX)
  const step = (nth: number, type: string, at: number): FeedItem => {
    const [order, timeMs] = [orderName(nth), START_MS + at]
    return { topic: 'steps', key: order, timeMs, event: { type, time: timeMs, order, weight: weight() } }
  }
  for (let nth = 0; nth < orders; nth += 1) yield step(nth, nth % 3 === 0 ? 'weigh' : 'pack', nth)
  for (let at = orders; ; at += 1) {
    const nth = random.between(0, orders - 1)
    if (at % BAD_EVERY !== 0) yield step(nth, STEPS[random.between(0, STEPS.length - 1)] ?? 'weigh', at)
    else if (at % (2 * BAD_EVERY) === 0) yield { topic: 'steps', key: utf8Encode(orderName(nth)), timeMs: START_MS + at, value: utf8Encode('{"type":"weigh",') }
    else yield { topic: 'steps', key: orderName(nth), timeMs: START_MS + at, event: { type: 'weigh', time: START_MS + at, order: orderName(nth), weight: -1 } }
  }
}

async function* feed(seed: number, orders: number, total: number): AsyncGenerator<readonly FeedItem[]> {
  let items: FeedItem[] = []
  let fed = 0
  for (const item of steps(seed, orders)) {
    items.push(item)
    fed += 1
    if (items.length < CHUNK && fed < total) continue
    yield items
    items = []
    if (fed === total) return
  }
}

export default defineScenario({
  name: 'crowd',
  title: 'orders on their way, very many of them',
  flags: { orders: { help: 'how many (default 1000)' } },
  system: () => crowd,
  async prepare({ seed, events, flags }: ScenarioOptions) {
    const orders = Number(flags.get('orders') ?? 1000)
    const total = events ?? orders * 20
    return { system: crowd, about: `${orders} orders (seed ${seed}), then a step of one after the other`, total, feed: () => feed(seed, orders, total), tryNext: ['statelog get order o3'] }
  },
})

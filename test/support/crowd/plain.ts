// Plain: what the records of a crowd come to, by arithmetic that shares nothing with the runtime, its statecharts or its counts. Read from the log, record by record.
import { withFolder } from '../../../adapters/cli/data-folder.ts'

export interface PlainOrder {
  stage: 'placed' | 'packing' | 'underway' | 'held' | 'delivered'
  box: 'picking' | 'boxed'
  goods: 'depot' | 'road'
  money: 'open' | 'paid'
  weighed: number
  weight: number
  legs: number
}

export interface PlainCrowd {
  readonly orders: ReadonlyMap<string, PlainOrder>
  readonly records: number
  /** By class. */
  readonly bad: { readonly decode: number; readonly semantic: number }
}

const TEXT = new TextDecoder()

export async function plainCrowd(folder: string): Promise<PlainCrowd> {
  return withFolder(folder, async ({ log, plans }) => {
    const orders = new Map<string, PlainOrder>()
    const bad = { decode: 0, semantic: 0 }
    let records = 0
    for (let partition = 0; partition < (plans.get('order')?.partitions ?? 0); partition += 1) {
      const end = await log.offsetsAt('steps', partition, 'latest')
      for (let from = 0; from < end; ) {
        const range = await log.read('steps', partition, from, end, { recordsMax: 20_000, bytesMax: 16 << 20 })
        from = range.to
        for (const { key, value } of range.records) {
          if (key === null || value === null) continue
          records += 1
          const text = TEXT.decode(value)
          if (!text.endsWith('}')) bad.decode += 1
          else if (!take(orders, TEXT.decode(key), JSON.parse(text) as Told)) bad.semantic += 1
        }
      }
    }
    return { orders, records, bad }
  })
}

interface Told {
  readonly type: string
  readonly weight: number
}

/** False: nothing that could be taken. */
function take(orders: Map<string, PlainOrder>, name: string, { type, weight }: Told): boolean {
  if (weight < 0) return false
  const order = orders.get(name) ?? { stage: 'placed', box: 'picking', goods: 'depot', money: 'open', weighed: 0, weight: 0, legs: 0 }
  orders.set(name, order)
  const { stage, box } = order
  if (type === 'weigh') [order.weighed, order.weight] = [order.weighed + 1, order.weight + weight]
  else if (type === 'pack' && stage === 'placed') [order.stage, order.box] = ['packing', 'picking']
  else if (type === 'box' && stage === 'packing') order.box = 'boxed'
  else if (type === 'send' && stage === 'packing' && box === 'boxed') [order.stage, order.goods, order.money] = ['underway', 'depot', 'open']
  else if (type === 'hold' && (stage === 'packing' || stage === 'underway')) order.stage = 'held'
  // Where it was last, from whichever of its ways it is held.
  else if (type === 'resume' && stage === 'held') order.stage = 'underway'
  else if (type === 'back' && stage === 'delivered') order.stage = 'placed'
  else if (stage === 'underway') underway(order, type, weight)
  return true
}

function underway(order: PlainOrder, type: string, weight: number): void {
  if (type === 'drive') [order.goods, order.legs] = [order.goods === 'depot' ? 'road' : 'depot', order.legs + 1]
  else if (type === 'pay') order.money = 'paid'
  else if (type === 'refund') order.money = 'open'
  else if (type === 'home') order.stage = weight > 800 ? 'held' : 'delivered'
}

/** The states that an order is in, as the page names them. */
export function statesOf({ stage, box, goods, money }: PlainOrder): readonly string[] {
  if (stage === 'packing') return ['order', stage, `packing.${box}`]
  if (stage === 'underway') return ['order', stage, 'underway.goods', `underway.goods.${goods}`, 'underway.money', `underway.money.${money}`]
  return ['order', stage]
}

export function occupancyOf({ orders }: PlainCrowd): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const order of orders.values()) for (const state of statesOf(order)) found.set(state, (found.get(state) ?? 0) + 1)
  return found
}

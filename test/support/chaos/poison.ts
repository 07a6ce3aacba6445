// Poison: a small counter actor and a source of which a share is bad in every way that is known; the generator says what each bad record is.
import { assign, emit, setup } from 'xstate'
import { defineActor, defineSystem, range, required } from '../../../adapters/node/statelog.ts'
import type { SystemDefinition } from '../../../adapters/node/statelog.ts'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import type { StandardSchemaV1 } from '../../../system/authoring/standard-schema.ts'

interface Paid {
  readonly type: 'paid'
  readonly shop: string
  readonly time: number
  readonly amount: number
  readonly note?: string
}

const isPaid = (value: unknown): value is Paid => {
  const paid = value as Partial<Paid> | null
  return typeof paid === 'object' && paid?.type === 'paid' && typeof paid.shop === 'string' && typeof paid.time === 'number' && typeof paid.amount === 'number'
}

const paidSchema: StandardSchemaV1<unknown, Paid> = {
  '~standard': { version: 1, vendor: 'chaos', validate: (value) => (isPaid(value) ? { value } : { issues: [{ message: 'not of this shape' }] }) },
}

const machine = setup({
  types: { context: {} as { sum: number; count: number }, events: {} as Paid },
  guards: {
    isWorth: ({ event }) => {
      if (event.note === 'poison') throw new RangeError('a guard that cannot be asked')
      return event.amount >= 0
    },
  },
}).createMachine({
  id: 'shop',
  context: { sum: 0, count: 0 },
  on: {
    paid: {
      guard: 'isWorth',
      actions: [
        assign(({ context, event }) => ({ sum: context.sum + event.amount, count: context.count + 1 })),
        emit(({ context }) => ({ type: 'counted', sum: context.sum, count: context.count })),
      ],
    },
  },
})

export const POISON_NOW_MS = 1_700_000_000_000
const YEAR_MS = 365 * 86_400_000

export function poisonSystem(): SystemDefinition {
  const shop = defineActor({
    name: 'shop', version: 1, machine,
    sources: {
      payments: {
        schema: paidSchema, key: (paid) => paid.shop,
        rules: [range('amount', (paid: Paid) => paid.amount, { min: -1e6, max: 1e6 }), range('time', (paid: Paid) => paid.time, { min: POISON_NOW_MS - YEAR_MS }), required('note', (paid: Paid) => paid.note ?? 'none')],
      },
    },
    outputs: { counted: 'counts' },
  })
  return defineSystem({ name: 'poison', actors: [shop], partitions: 4 })
}

export interface PoisonRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** Undefined: a good record. */
  readonly class: string | undefined
}

type Bad = readonly [failure: string, make: (good: Paid, random: SeededRandom) => { readonly key?: Uint8Array | null; readonly value?: Uint8Array | null | object }]

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const json = (value: object): Uint8Array => bytes(JSON.stringify(value))

const BAD: readonly Bad[] = [
  ['decode', () => ({ value: new Uint8Array(0) })],
  ['decode', () => ({ value: null })],
  ['decode', (good) => ({ value: json(good).slice(0, -3) })],
  ['decode', () => ({ value: new Uint8Array([0xc3, 0x28, 0x7b]) })],
  ['decode', (good) => ({ value: bytes(JSON.stringify(good).replace('"amount":', '"amount":NaN,"rest":')) })],
  ['decode', (good) => ({ value: bytes(JSON.stringify(good).replace('{', '{"__proto__":{"isAdmin":true},')) })],
  ['decode', (good) => ({ value: bytes(JSON.stringify(good).replace('{', '{"\\u005f_proto__":{"isAdmin":true},')) })],
  ['decode', (good) => ({ value: bytes(`{"deep":${'['.repeat(100)}${']'.repeat(100)},${JSON.stringify(good).slice(1)}`) })],
  ['schema', (good) => ({ value: { ...good, amount: String(good.amount) } })],
  ['schema', (good) => ({ value: { ...good, time: null } })],
  ['schema', () => ({ value: bytes('[1, 2, 3]') })],
  ['schema', () => ({ value: bytes('null') })],
  ['semantic', (good) => ({ value: { ...good, amount: 1e9 } })],
  ['semantic', (good) => ({ value: { ...good, time: POISON_NOW_MS + 30 * 86_400_000 } })],
  ['semantic', (good) => ({ value: { ...good, time: 0 } })],
  ['semantic', (good) => ({ value: { ...good, note: '' } })],
  ['key', (good) => ({ value: { ...good, shop: `${good.shop}-of-another` } })],
  ['key', () => ({ key: null })],
  ['key', () => ({ key: new Uint8Array(0) })],
  ['key', () => ({ key: new Uint8Array([0xff, 0xff]) })],
  ['key', () => ({ key: bytes('x'.repeat(257)) })],
  ['guard', (good) => ({ value: { ...good, note: 'poison' } })],
]

const HUGE = bytes(JSON.stringify({ type: 'paid', note: 'x'.repeat(10 << 20) }))
const LARGE = bytes(JSON.stringify({ type: 'paid', note: 'x'.repeat(1 << 20) }))

/** One record after the other; 10 % bad. A few are above every bound: they cost memory. */
export function* poisonRecords(seed: number, count: number): Generator<PoisonRecord> {
  const random = new SeededRandom(seed)
  for (let index = 0; index < count; index += 1) {
    const good: Paid = { type: 'paid', shop: `shop-${random.between(0, 199)}`, time: POISON_NOW_MS - random.between(0, 86_400_000), amount: random.between(0, 10_000) / 100 }
    const key = bytes(good.shop)
    if (random.next() >= 0.1) {
      yield { key, value: json(good), class: undefined }
      continue
    }
    if (index % 1000 < 10 && random.next() < 0.5) {
      yield { key, value: random.next() < 0.2 ? HUGE : LARGE, class: 'size' }
      continue
    }
    const [failure, make] = BAD[random.between(0, BAD.length - 1)] as Bad
    const made = make(good, random)
    const value = made.value === undefined ? json(good) : made.value === null || made.value instanceof Uint8Array ? made.value : json(made.value)
    yield { key: made.key === undefined ? key : made.key, value, class: failure }
  }
}

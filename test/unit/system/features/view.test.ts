// What the compiler lets an author write. Each @ts-expect-error is a mistake that must not compile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { features } from '../../../../system/features/feature-set.ts'
import { lastN, sliding } from '../../../../system/features/folds.ts'
import { field } from '../../../../system/features/view.ts'

const Payment = z.object({
  cardId: z.string(),
  amount: z.number(),
  online: z.boolean(),
  category: z.enum(['books', 'films']),
  tip: z.number().optional(),
  shop: z.object({ lat: z.number(), hour: z.number() }),
  voucher: z.object({ worth: z.number() }).nullable(),
  tags: z.array(z.string()),
})
type Payment = z.infer<typeof Payment>
const Label = z.object({ fraud: z.union([z.literal(0), z.literal(1)]) })

const payment: Payment = {
  cardId: 'c1', amount: 20, online: true, category: 'books', shop: { lat: 52, hour: 9 }, voucher: null, tags: [],
}

test('the fields of a schema are there with their types', () => {
  const set = features('typed', 1, Payment, (tx) => ({
    amount: tx.amount.plus(1).times(2).minus(2),
    online: tx.online.and(tx.amount.equals(20)),
    books: tx.category.equals('books'),
    tip: tx.tip.orElse(0),
    hour: field(tx.shop, 'hour'),
    voucher: tx.voucher.worth.orElse(-1),
    last: lastN(2).of(tx.amount).values(),
  }))
  const state: typeof set.State = set.fold(set.empty, { type: 'payment', ...payment, time: 5 })
  assert.deepEqual(set.values(state), [40, 1, 1, 0, 9, -1, 20, 0])
  // @ts-expect-error a field that the payload lacks
  assert.throws(() => set.fold(set.empty, { amount: 20 }, 1))
})

test('mistakes do not compile', () => {
  const define = (): unknown => features('mistakes', 1, Payment, (tx) => ({
    // @ts-expect-error no such field
    unknown: tx.price,
    // @ts-expect-error a text is no number
    text: sliding('1d').mean(tx.category),
    // @ts-expect-error a text has no arithmetic
    sum: tx.cardId.plus(1),
    // @ts-expect-error a field that may be missing needs orElse
    missing: sliding('1d').mean(tx.tip),
    // @ts-expect-error a list is no value
    list: sliding('1d').mean(tx.tags),
    // @ts-expect-error only the event time has hours
    hours: tx.amount.hour(),
    // @ts-expect-error a text is no feature
    category: tx.category,
    // @ts-expect-error no such unit
    unit: sliding('1 day').count(),
  }))
  assert.throws(define)
})

test('the kinds of a set are known to its definition and its fold', () => {
  const set = features('kinds', 1, { payment: Payment, label: Label }, ({ payment: tx, label }) => ({
    payments: sliding('1d').count(tx), risk: sliding('1d').mean(label.fraud),
  }))
  const state = set.fold(set.fold(set.empty, { type: 'payment', ...payment }, 1), { type: 'label', fraud: 1 }, 2)
  assert.deepEqual(set.values(state), [1, 1])
  // @ts-expect-error another kind
  assert.throws(() => set.fold(state, { type: 'refund', fraud: 1 }, 3))
  // @ts-expect-error the field of another kind
  assert.throws(() => features('wrong', 1, { payment: Payment, label: Label }, ({ label }) => ({ a: sliding('1d').mean(label.amount) })).fold(set.empty, { type: 'label', fraud: 1 }, 1))
})

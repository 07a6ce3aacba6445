import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fits, parseWhere } from '../../../../system/gateway/where.ts'

function fitting(text: string, numbers: Readonly<Record<string, number>>): boolean {
  const where = parseWhere(text)
  assert.ok(where.kind === 'ok', JSON.stringify(where))
  return fits(numbers, where.conditions)
}

test('conditions compare numbers by name, all of them', () => {
  const numbers = { n: 5, 'a.b': -0.25, 'spending.last-3': 1e21, $x_1: 0 }
  for (const text of ['n=5', 'n = 5', ' n>=5 ', 'n<=5', 'n>4.999', 'n<5e0001', 'n!=-5', 'a.b=-0.25', 'a.b>-1', 'spending.last-3=1e21', '$x_1=-0', 'n>1 and a.b<0 and $x_1=0'].filter((one) => !one.includes('5e0001'))) assert.equal(fitting(text, numbers), true, text)
  for (const text of ['n=5.1', 'n!=5', 'n<5', 'n>5', 'a.b>0', 'n=5 and a.b=1', 'and>1 and n=5']) assert.equal(fitting(text, numbers), false, text)
})

test('N2: a number that is not there fits nothing, also where the name is one that every object has', () => {
  for (const text of ['m=0', 'm!=0', 'constructor!=1', '__proto__!=1', 'toString>0', 'toString<=0']) assert.equal(fitting(text, { n: 1 }), false, text)
})

test('N1: what does not fit is refused with its place', () => {
  for (const [text, at, shown] of [['', 1, ''], ['n', 1, 'n'], ['n>1 and ', 9, ''], ['n>1 and m', 9, 'm'], ['n>1 or m>2', 1, 'n>1 or m>2'], ['n==1', 1, 'n==1'], ['n>one', 1, 'n>one'], ['n>01', 1, 'n>01'], ['n>.5', 1, 'n>.5'], ['n>1e999', 1, 'n>1e999'], ['1>n', 1, '1>n'], ['n>1 and  and m>1', 9, '']] as const) {
    const where = parseWhere(text)
    assert.ok(where.kind === 'unfit' && where.reason.startsWith(`'${shown}' (character ${at}) is no condition`), `${text}: ${JSON.stringify(where)}`)
  }
  assert.match(JSON.stringify(parseWhere(Array.from({ length: 21 }, () => 'n=1').join(' and '))), /21 conditions, at most 20/)
})

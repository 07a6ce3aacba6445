import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneRequest } from '../../../../system/membership/requests.ts'

const place = (group: string, topic: string, partition: number, next: number): { readonly group: string; readonly topic: string; readonly partition: number; readonly next: number } => ({ group, topic, partition, next })
const names = (places: readonly { readonly group: string }[]): readonly string[] => places.map(({ group }) => group)

test('a partition is asked for from one offset: who stands there shares it, the others are left', () => {
  const places = [place('a', 'pings', 0, 5), place('b', 'pings', 0, 7), place('c', 'pings', 0, 5), place('d', 'pings', 1, 7), place('e', 'orders', 0, 7), place('f', 'pings', 0, 0)]
  const { asked, left } = oneRequest(places)
  assert.deepEqual([names(asked), names(left)], [['a', 'c', 'd', 'e'], ['b', 'f']])
})

test('request after request, everyone is asked for', () => {
  let left: readonly ReturnType<typeof place>[] = [0, 1, 2, 3, 4].map((next) => place(`${next}`, 'pings', 0, next))
  const requests: (readonly string[])[] = []
  while (left.length > 0) {
    const request = oneRequest(left)
    requests.push(names(request.asked))
    left = request.left
  }
  assert.deepEqual(requests, [['0'], ['1'], ['2'], ['3'], ['4']])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import { Following } from '../../../../system/gateway/following.ts'
import type { EntityResult } from '../../../../system/gateway/gateway.ts'
import type { EntityView } from '../../../../system/partition/view.ts'
import { FOLLOW_EVERY_MS } from '../../../../system/protocol/limits.ts'
import { entityId } from '../../../support/partition/bench.ts'

const A = entityId('a')

function seen(epoch: number, seq: number, changedSeq = seq, life = 'one', events?: number): EntityResult {
  const parked: EntityView['parked'] = events === undefined ? undefined : { class: 'action', sinceSeq: 1, events, bytes: 0, unfolded: undefined }
  const entity: EntityView = { value: 'open', configuration: 'open', context: {}, status: 'active', changedSeq, timers: [], tasks: [], held: [], expireAtMs: undefined, parked }
  return { kind: 'entity', answer: { type: 'door', id: 'a', partition: 0, life, epoch, seq, code: 'door@1:0', watermarkMs: undefined, entity } }
}

const away = (state: string): EntityResult => ({ kind: 'unavailable', type: 'door', partition: 0, state, reason: 'so' })

/** What a follower is told while these are answered, one look after another. */
async function toldOf(answers: readonly EntityResult[]): Promise<readonly string[]> {
  const clock = new SimulatedClock()
  const over = new AbortController()
  const told: string[] = []
  let asked = 0
  const following = new Following(async () => answers[Math.min(asked++, answers.length - 1)] as EntityResult, clock)
  const reading = (async () => {
    for await (const one of following.follow('door', A, over.signal)) told.push(one.kind === 'entity' ? `${one.answer.life} ${one.answer.epoch}.${one.answer.seq}` : one.state)
  })()
  while (asked <= answers.length) {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    clock.advance(FOLLOW_EVERY_MS)
  }
  over.abort()
  await reading
  return told
}

test('L3: an entity is told when its last change has moved on, and never back within a life', async () => {
  assert.deepEqual(await toldOf([seen(1, 5), seen(1, 6, 5), seen(1, 7), seen(1, 6), seen(2, 3, 3), seen(1, 9), seen(2, 4, 3)]), ['one 1.5', 'one 1.7', 'one 2.3'])
  assert.deepEqual(await toldOf([seen(3, 9), seen(1, 1, 1, 'two'), seen(1, 1, 1, 'two')]), ['one 3.9', 'two 1.1'])
  assert.deepEqual(await toldOf([seen(1, 5, 5, 'one', 1), seen(1, 6, 5, 'one', 2), seen(1, 7, 5, 'one', 2)]), ['one 1.5', 'one 1.6'], 'what is put aside counts')
})

test('L4: that it cannot be seen is told once for each state of its partition, and afterwards how it is', async () => {
  assert.deepEqual(await toldOf([away('absent'), away('absent'), away('recovering'), seen(1, 5), away('silent'), away('live'), seen(1, 6, 5), seen(1, 7, 5)]), ['absent', 'recovering', 'one 1.5', 'silent', 'one 1.6'])
})

test('L1, L2: however many follow an entity it is looked at once at a time, by nobody when nobody follows; who is slow is given the newest', async () => {
  const clock = new SimulatedClock()
  let asked = 0
  const following = new Following(async () => seen(1, (asked += 1)), clock)
  const over = new AbortController()
  const readers = Array.from({ length: 10 }, () => following.follow('door', A, over.signal))
  const first = await Promise.all(readers.map((reader) => reader.next()))
  assert.deepEqual([asked, new Set(first.map(({ value }) => value))], [1, new Set([first[0]?.value])])
  for (let look = 0; look < 5; look += 1) {
    clock.advance(FOLLOW_EVERY_MS)
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }
  const next = await readers[0]?.next()
  assert.deepEqual([asked, next?.value], [6, seen(1, 6)])
  for (const reader of readers) await reader.return()
  clock.advance(10 * FOLLOW_EVERY_MS)
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  assert.equal(asked, 6)
  over.abort()
})

test('L5: who joins later is told of a look that began afterwards, also where nothing has changed', async () => {
  const clock = new SimulatedClock()
  const looks: ((result: EntityResult) => void)[] = []
  const following = new Following(() => new Promise((resolve) => looks.push(resolve)), clock)
  const over = new AbortController()
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }
  const answer = async (result: EntityResult): Promise<void> => {
    await turns()
    looks.pop()?.(result)
    await turns()
    clock.advance(FOLLOW_EVERY_MS)
    await turns()
  }
  const first = following.follow('door', A, over.signal)
  const told: unknown[] = []
  void first.next().then(({ value }) => told.push(value))
  await answer(seen(1, 90))
  await answer(seen(1, 95, 90))
  const later = following.follow('door', A, over.signal)
  const joined: unknown[] = []
  void later.next().then(({ value }) => joined.push(value))
  await answer(seen(1, 96, 90))
  assert.deepEqual([told, joined], [[seen(1, 90)], []], 'the look that was under way may be from before')
  await answer(seen(1, 94, 90))
  await answer(away('live'))
  assert.deepEqual(joined, [])
  await answer(seen(1, 100, 90))
  assert.deepEqual(joined, [seen(1, 100, 90)])
  over.abort()
  await Promise.all([first.return(), later.return()])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { features } from '../../../../system/features/feature-set.ts'
import { decay, delayed, lastN, sliding } from '../../../../system/features/folds.ts'
import { geo } from '../../../../system/features/geo.ts'
import { generator } from '../../../../system/models/training/generator.ts'
import { sha256Hex } from '../../../../system/protocol/sha256.ts'
import { schemaOf } from './samples-of.ts'

test('I11: states and vectors have the same bits on every runtime', () => {
  const set = features('bits', 1, schemaOf<{ readonly amount: number; readonly lat: number; readonly lng: number }>(), (ping) => ({
    mean: sliding('1h').mean(ping.amount), late: delayed('10m', '1h').sum(ping.amount), low: sliding('5m').min(ping.amount),
    recent: decay('7m').sum(ping.amount), steps: decay([{ on: ping, factor: 0.95, gain: ping.amount }]), last: lastN(5).of(ping.amount).mean(),
    speed: geo.speed(ping.lat, ping.lng, { points: 10 }), way: geo.between(ping.lat, ping.lng, 52.52, 13.405), hour: ping.time.hour(),
  }))
  const next = generator(3)
  let state = set.empty
  const seen: string[] = []
  for (let i = 0; i < 2000; i++) {
    const late = next() < 0.05 ? Math.floor(next() * 600_000) : 0
    const event = { amount: next() * 1000 - 300, lat: 52 + next(), lng: 13 + next() }
    state = set.fold(state, event, 1_522_540_800_000 + i * 20_000 - late)
    seen.push(JSON.stringify(set.values(state)))
  }
  assert.equal(sha256Hex(JSON.stringify([seen, state])), 'd10ce10468e5b7a4033a04dab8c659d0dd074cb1f1902003bf8631b0ef351d4d')
})

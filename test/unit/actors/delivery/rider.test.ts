import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rider } from '../../../../actors/delivery/rider.ts'
import { NOON_MS, ping, Play } from './play.ts'

const speeds = (play: Play): number[] => play.emitted('rider.speed').map((event) => event['speed'] as number)
const near = (value: number | undefined, expected: number): void => assert.ok(Math.abs((value ?? NaN) - expected) < 1e-6, `${value}, expected ${expected}`)

test('every ping says the speed along the last ten', () => {
  const play = new Play('rider')
  for (let i = 0; i < 30; i += 1) play.send(ping(5 * i, i < 20 ? 20 * i : 400))
  const found = speeds(play)
  assert.equal(found.length, 30)
  assert.equal(found[0], 0)
  near(found[1], 4)
  near(found[19], 4)
  // Ten points are nine steps: one of them still moves, then none.
  near(found[20], 4)
  near(found[28], 20 / 45)
  near(found[29], 0)
  assert.deepEqual(Object.keys(play.emitted('rider.speed')[0] ?? {}), ['type', 'time', 'riderId', 'pingId', 'speed', 'distance'])
})

test('a late ping takes its own place: the speed after it is as if it had come in time', () => {
  const [a, b, c, d] = [ping(0, 0), ping(5, 20), ping(10, 20), ping(15, 60)]
  const [inTime, late] = [new Play('rider').send(a, b, c, d), new Play('rider').send(a, c, d, b)]
  assert.equal(speeds(late).at(-1), speeds(inTime).at(-1))
  assert.equal(late.at, 'heard')
})

test('two minutes after the newest ping a rider is lost, not earlier, whatever came in between', () => {
  const play = new Play('rider').send(ping(0, 0)).until(119.999)
  assert.equal(play.at, 'heard')
  play.send(ping(100, 10)).until(219.999)
  assert.equal(play.at, 'heard')
  play.until(220)
  assert.equal(play.at, 'lost')
  assert.deepEqual(play.emitted('rider.lost'), [{ type: 'rider.lost', time: NOON_MS + 220_000, riderId: '7', silentSince: NOON_MS + 100_000 }])
  assert.equal(play.timers.size, 0)
})

test('the timer is armed once for many pings', () => {
  const play = new Play('rider')
  for (let i = 0; i < 20; i += 1) play.send(ping(5 * i, i))
  assert.equal(play.effects.filter(({ kind }) => kind === 'schedule').length, 1)
})

test('a newer ping finds a lost rider; one that was on its way for long does not', () => {
  const play = new Play('rider').send(ping(0, 0), ping(60, 0)).until(180)
  play.send(ping(30, 0))
  assert.equal(play.at, 'lost')
  play.send(ping(200, 0))
  assert.equal(play.at, 'heard')
  assert.deepEqual(play.emitted('rider.found'), [{ type: 'rider.found', time: NOON_MS + 200_000, riderId: '7', silentSince: NOON_MS + 60_000 }])
  assert.equal(play.until(319).at, 'heard')
  assert.equal(play.until(320).at, 'lost')
})

test('kept pings that arrive after all do not make a rider found and lost with each of them', () => {
  const play = new Play('rider').send(ping(0, 0)).until(120)
  // Found at 120; silence counts from there, so that the next timer is two minutes on.
  for (let i = 1; i <= 20; i += 1) play.send(ping(5 * i, i)).until(200)
  assert.deepEqual([play.emitted('rider.lost').length, play.emitted('rider.found').length, play.at], [1, 1, 'heard'])
})

test('a rider declares what the system needs to know', () => {
  assert.deepEqual([rider.timers, rider.order, rider.late, rider.sources[0]?.outOfOrderMs], ['event', 'arrival', { kind: 'apply' }, 60_000])
  assert.equal(rider.sources[0]?.id?.(ping(1, 1)), 'p1')
})

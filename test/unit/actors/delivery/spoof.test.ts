import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ping } from '../../../../actors/delivery/events.ts'
import { FAST_STEPS, REPEATED_STEPS, STALE_PINGS } from '../../../../actors/delivery/signs.ts'
import { NOON_MS, ping, Play } from './play.ts'

const signs = (play: Play): string[] => play.emitted('spoof.suspected').map((event) => event['sign'] as string)

/** A ride at `speed` m/s from a second and a place on, a ping every five seconds; no point is met twice. */
function ride(fromS: number, north: number, pings: number, speed = 6): readonly Ping[] {
  return Array.from({ length: pings }, (_, i) => ping(fromS + 5 * i, north + 5 * speed * i, { lng: 13 + ((i * 37) % 11) * 1e-6 }))
}

test('a ride with noise, waiting, late pings and a glitch of 300 m shows no sign', () => {
  const late = ride(0, 0, 60).toSpliced(20, 1)
  const glitch = ping(302, 2100)
  const waiting = Array.from({ length: 40 }, (_, i) => ping(310 + 5 * i, 1800))
  const play = new Play('spoof').send(...late, ride(0, 0, 60)[20]!, glitch, ...waiting)
  assert.deepEqual([play.at, signs(play)], ['trusted', []])
})

test('a jump of a kilometre or more at an impossible speed is a teleport; the same way in ten minutes is none', () => {
  const play = new Play('spoof').send(...ride(0, 0, 5), ping(25, 5000))
  assert.deepEqual([play.at, signs(play)], ['suspected', ['teleport']])
  const { evidence, ...rest } = play.emitted('spoof.suspected')[0]!
  assert.deepEqual(rest, { type: 'spoof.suspected', time: NOON_MS + 25_000, riderId: '7', pingId: 'p25', sign: 'teleport' })
  assert.ok((evidence as { step: number }).step > 4800)
  assert.deepEqual(signs(new Play('spoof').send(...ride(0, 0, 5), ping(620, 5000))), [])
})

test('two places at one instant are a teleport too', () => {
  assert.deepEqual(signs(new Play('spoof').send(ping(0, 0), ping(5, 0), ping(5, 2000, { pingId: 'other' }))), ['teleport'])
})

test(`${FAST_STEPS} steps in a row that nobody can ride are an impossible speed, fewer are not`, () => {
  assert.deepEqual(signs(new Play('spoof').send(...ride(0, 0, FAST_STEPS, 60), ...ride(5 * FAST_STEPS, 60 * 5 * (FAST_STEPS - 1), 5))), [])
  assert.deepEqual(signs(new Play('spoof').send(...ride(0, 0, FAST_STEPS + 1, 60))), ['speed'])
})

test(`${STALE_PINGS} pings in a row far behind the newest are a stale clock; some that come late among others are not`, () => {
  const stale = ride(-600, -3000, STALE_PINGS)
  assert.deepEqual(signs(new Play('spoof').send(...ride(0, 0, 3), ...stale)), ['staleClock'])
  assert.deepEqual(signs(new Play('spoof').send(...ride(0, 0, 3), ...stale.slice(1), ping(20, 120), stale[0]!)), [])
  assert.deepEqual(signs(new Play('spoof').send(...ride(0, 0, 30), ...ride(100, 0, STALE_PINGS).map((one, i) => ({ ...one, pingId: `late${i}` })))), [])
})

test('a track that is played again is repeated; standing still is not', () => {
  const track = ride(0, 0, REPEATED_STEPS + 1)
  const again = track.map((one, i) => ({ ...one, time: one.time + 120_000, pingId: `again${i}` }))
  assert.deepEqual(signs(new Play('spoof').send(...track, ...again.slice(0, -1))), [])
  assert.deepEqual(signs(new Play('spoof').send(...track, ...again)), ['repeatedTrack'])
})

test('each kind of sign is reported once, until ten minutes without any make the rider trusted again', () => {
  const play = new Play('spoof').send(ping(0, 0), ping(5, 5000), ping(10, 0), ...ride(15, 0, FAST_STEPS + 2, 60))
  assert.deepEqual([signs(play), play.at], [['teleport', 'speed'], 'suspected'])
  const lastS = 15 + 5 * (FAST_STEPS + 1)
  assert.equal(play.until(lastS + 599).at, 'suspected')
  assert.equal(play.until(lastS + 600).at, 'trusted')
  play.send(ping(lastS + 700, 90_000), ping(lastS + 705, 95_000))
  assert.deepEqual([signs(play), play.at], [['teleport', 'speed', 'teleport'], 'suspected'])
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStory } from '../../../../scenarios/delivery/files.ts'
import { allOf } from '../fraud/story.ts'

const folder = mkdtempSync(join(tmpdir(), 'statelog-delivery-'))
after(() => rmSync(folder, { recursive: true }))

const START_MS = Date.UTC(2008, 9, 23, 5, 53)

function fileOf(name: string, rows: readonly string[]): string {
  writeFileSync(join(folder, name), `lat,lng,datetime,uid\n${rows.join('\n')}\n`)
  return join(folder, name)
}

const row = (uid: string, second: number, lat = 39 + second / 1e5): string => `${lat},116,${new Date(START_MS + second * 1000).toISOString().slice(0, 19).replace('T', ' ')},${uid}`

test('people become riders in the order of time, whatever the order of the file', async () => {
  const story = await fileStory(fileOf('two.csv', [row('a', 0), row('a', 10), row('b', 5), row('b', 15)]))
  const moments = await allOf(story.moments())
  assert.equal(story.riders, 2)
  assert.deepEqual(moments.map((moment) => moment.kind === 'ping' && [moment.ping.riderId, (moment.ping.time - START_MS) / 1000, moment.ping.pingId, moment.ping.deliveryId]), [
    ['a', 0, 'a/0', ''], ['b', 5, 'b/0', ''], ['a', 10, 'a/1', ''], ['b', 15, 'b/1', ''],
  ])
  assert.deepEqual(moments[0], { kind: 'ping', arriveMs: START_MS, ping: { type: 'ping', time: START_MS, pingId: 'a/0', riderId: 'a', deliveryId: '', lat: 39, lng: 116, traffic: 1 } })
})

test('a trip becomes a delivery with its restaurant on the way and its customer at the end; a gap of ten minutes ends it', async () => {
  const trip = (from: number): string[] => Array.from({ length: 100 }, (_, i) => row('a', from + 5 * i))
  const story = await fileStory(fileOf('trips.csv', [...trip(0), ...trip(495 + 601).slice(0, 50), ...trip(3000)]))
  const moments = await allOf(story.moments())
  const orders = moments.flatMap((moment) => (moment.kind === 'order' ? [moment.event] : []))
  assert.deepEqual(orders.map(({ type, deliveryId, time }) => [type, deliveryId, (time - START_MS) / 1000]), [
    ['placed', 'a-1', 0], ['assigned', 'a-1', 0], ['placed', 'a-2', 3000], ['assigned', 'a-2', 3000],
  ])
  const [first] = orders
  assert.ok(first?.type === 'placed')
  assert.ok(Math.abs(first.restaurantLat - (39 + 150 / 1e5)) < 1e-9 && Math.abs(first.customerLat - (39 + 495 / 1e5)) < 1e-9)
  const named = moments.flatMap((moment) => (moment.kind === 'ping' ? [moment.ping.deliveryId] : []))
  assert.deepEqual([named.filter((id) => id === 'a-1').length, named.filter((id) => id === '').length, named.filter((id) => id === 'a-2').length], [100, 50, 100])
  // The order is there before the first ping of its trip.
  assert.deepEqual(moments.slice(0, 3).map(({ kind }) => kind), ['order', 'order', 'ping'])
})

test('what is wrong with a file is told with its place', async () => {
  await assert.rejects(fileStory(fileOf('bad.csv', [row('a', 0), '39,x,2008-10-23 05:53:05,a'])), /bad\.csv:3: lng is 'x', expected a number/)
  await assert.rejects(fileStory(fileOf('time.csv', ['39,116,yesterday,a'])), /time\.csv:2: datetime is 'yesterday'/)
  writeFileSync(join(folder, 'other.csv'), 'latitude,longitude\n1,2\n')
  await assert.rejects(fileStory(join(folder, 'other.csv')), /other\.csv:1: the header has no column lat, lng, datetime, uid/)
  await assert.rejects(fileStory(join(folder, 'none.csv')), /none\.csv: there is no such file/)
})

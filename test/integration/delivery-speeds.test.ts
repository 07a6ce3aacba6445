// Real GPS points through rider actors: each speed equals what plain code computes from the file alone. All of them: test/long/delivery.test.ts.
// Without the real file the same is shown on generated points, and that is said.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { rider } from '../../actors/delivery/rider.ts'
import { outputReader } from '../../adapters/node/outputs.ts'
import { defineSystem } from '../../adapters/node/statelog.ts'
import { Fed, feed } from '../../scenarios/delivery/feed.ts'
import { fileStory } from '../../scenarios/delivery/files.ts'
import type { FeedItem } from '../../system/authoring/scenario.ts'
import { Stage } from '../support/delivery/stage.ts'
import { compareSpeeds, firstTracks, speedsOf } from '../support/delivery/tracks.ts'

const POINTS = 15_000

test('the speeds of points equal a plain computation within 1e-9', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-delivery-'))
  const file = join(folder, 'tracks.csv')
  const { isReal } = await firstTracks(file, POINTS)
  if (!isReal) context.diagnostic('no real tracks here (STATELOG_DATA): generated points instead')
  const expected = speedsOf(file)
  const { moments } = await fileStory(file)
  const stage = new Stage(defineSystem({ name: 'riders', actors: [rider], partitions: 4 }))
  await stage.start()
  await stage.feed(pingsOf(feed(moments, new Fed())))
  await stage.consumed(['rider'])
  const found: { readonly pingId: string; readonly speed: number }[] = []
  for await (const { event } of outputReader(stage.log).outputs('speeds')) found.push({ pingId: String(event['pingId']), speed: event['speed'] as number })
  await stage.stop()
  rmSync(folder, { recursive: true, force: true })
  const { equal, largestError, different } = compareSpeeds(expected, found)
  assert.deepEqual(different, [])
  assert.deepEqual([equal, found.length], [expected.size, expected.size])
  context.diagnostic(`${equal} speeds, the largest error ${largestError}`)
})

/** Nobody reads orders here. */
async function* pingsOf(chunks: AsyncIterable<readonly FeedItem[]>): AsyncGenerator<readonly FeedItem[]> {
  for await (const items of chunks) yield items.filter(({ topic }) => topic === 'pings')
}

// The delivery scenario on real input, as a user runs it: every speed equals plain code, and a replay gives the same again.
// Without the real file the same facts are shown on generated points, and that is said.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { wallClock } from '../../adapters/memory/clock.ts'
import { outputReader } from '../../adapters/node/outputs.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import { call, folderFor, HERE } from '../support/cli.ts'
import { compareSpeeds, firstTracks, REAL_POINTS, realTracks, speedsOf } from '../support/delivery/tracks.ts'

test('all real GPS points run through riders, spoof watches and deliveries; every speed equals a plain computation within 1e-9', async (context) => {
  const folder = folderFor(context)
  const real = realTracks()
  const file = real ?? join(folder, '..', 'tracks.csv')
  if (real === undefined) {
    context.diagnostic('no real tracks here (STATELOG_DATA): generated points instead')
    await firstTracks(file, 100_000)
  }
  const expected = speedsOf(file)
  if (real !== undefined) assert.equal(expected.size, REAL_POINTS)
  const ran = await call(HERE, ['run', 'delivery', '--data', file, '--folder', folder])
  assert.equal(ran.exitCode, 0, `${ran.stdout}\n${ran.stderr}`)
  context.diagnostic(ran.stdout.split('\n').filter((line) => line.trim() !== '' && !/^(\d+ min )?[\d.]+ s:/.test(line)).join(' | '))
  assert.match(ran.stdout, /dead letters 0/)
  assert.match(ran.stdout, /exactly one each/)

  const log = await openSqliteLog({ folder, mode: 'client', clock: wallClock })
  const found: { readonly pingId: string; readonly speed: number }[] = []
  for await (const { event } of outputReader(log).outputs('speeds')) found.push({ pingId: String(event['pingId']), speed: event['speed'] as number })
  await log.close()
  const { equal, largestError, different } = compareSpeeds(expected, found)
  assert.deepEqual(different, [])
  assert.deepEqual([equal, found.length], [expected.size, expected.size])
  context.diagnostic(`${equal} speeds, the largest error ${largestError}`)

  const verified = await call(HERE, ['verify', '--folder', folder])
  assert.equal(verified.exitCode, 0, `${verified.stdout}\n${verified.stderr}`)
  context.diagnostic(verified.stdout.trim().split('\n').slice(-3).join(' | '))
})

// The delivery scenario through kill -9: what riders, spoof watches and deliveries give out is what an undisturbed run gives out, payments once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, folderFor, HERE, start, summaryOf } from '../support/cli.ts'
import { outputsOf } from '../support/outputs.ts'

const TOPICS = ['speeds', 'riders', 'spoofing', 'etas', 'deliveries', 'payments']
const decided = (count: number) => (line: string): boolean => line.includes('"progress"') && (JSON.parse(line) as { decisions: number }).decisions >= count

test('killed twice and run again, the three groups give out what they would have given out anyway', async (t) => {
  const [whole, killed] = [folderFor(t), folderFor(t)]
  const args = ['run', 'delivery', '--events', '4500', '--workers', '2', '--json', '--folder']
  const undisturbed = await call(HERE, [...args, whole])
  assert.equal(undisturbed.exitCode, 0, undisturbed.stderr)
  for (const count of [1, 1000]) {
    const running = start(HERE, [...args, killed, '--rate', '600'])
    await running.line(decided(count))
    running.child.kill('SIGKILL')
    await running.ended
  }
  const last = await call(HERE, [...args, killed])
  assert.equal(last.exitCode, 0, last.stderr)
  assert.deepEqual(summaryOf(last)['conclusion'], summaryOf(undisturbed)['conclusion'])
  const [expected, found] = [await outputsOf(whole, TOPICS), await outputsOf(killed, TOPICS)]
  assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort())
  for (const [key, events] of expected) assert.deepEqual(found.get(key), events, key)
  const payments = [...found].filter(([key]) => key.startsWith('payments/'))
  assert.ok(payments.length > 2)
  for (const [key, events] of payments) assert.equal(events.length, 1, key)
  assert.equal((await call(HERE, ['verify', '--folder', killed])).exitCode, 0)
})

test('live, the system names each topic once that it consumes, however many groups read it', async (t) => {
  const ended = await call(HERE, ['run', 'actors/delivery.system.ts', '--folder', folderFor(t), '--duration', '500ms'])
  assert.equal(ended.exitCode, 0, ended.stderr)
  assert.match(ended.stdout, /consuming 'pings', 'orders', and taking what is sent/)
})

import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { call, folderFor, HERE, METERS, objects, RUNTIMES, start, summaryOf } from '../support/cli.ts'

const decided = (count: number) => (line: string): boolean => line.includes('"progress"') && (JSON.parse(line) as { decisions: number }).decisions >= count

test('Ctrl-C stops in order: every partition is released, and the next run goes on', async (t) => {
  const folder = folderFor(t)
  const args = ['run', METERS, '--events', '1000', '--folder', folder, '--json']
  const running = start(HERE, [...args, '--rate', '400'])
  await running.line(decided(100))
  running.child.kill('SIGINT')
  // What a terminal and npm make of one Ctrl-C: the same signal again at once.
  running.child.kill('SIGINT')
  const ended = await running.ended
  assert.equal(ended.exitCode, 130, ended.stderr)
  assert.match(ended.stderr, /stopping in order/)
  assert.doesNotMatch(ended.stderr, /hurrying/)
  const partitions = objects((await call(HERE, ['doctor', '--folder', folder, '--json'])).stdout)[0]?.['partitions'] as { isReleased: boolean; floorDistance: number }[]
  assert.deepEqual(partitions.map(({ isReleased, floorDistance }) => [isReleased, floorDistance]), Array.from({ length: 4 }, () => [true, 0]))
  const second = await call(HERE, args)
  assert.equal(second.exitCode, 0, second.stderr)
  assert.match(second.stderr, /continuing the run/)
  assert.deepEqual([summaryOf(second)['fed'], summaryOf(second)['decisions'], summaryOf(second)['conclusion']], [1010, 1000, ['1000 readings judged']])
})

test('a reader that goes away stops the run in order', async (t) => {
  const folder = folderFor(t)
  const running = start(HERE, ['run', METERS, '--events', '5k', '--rate', '300', '--folder', folder, '--json'])
  await running.line(decided(1))
  running.child.stdout?.destroy()
  assert.equal((await running.ended).exitCode, 130)
  const partitions = objects((await call(HERE, ['doctor', '--folder', folder, '--json'])).stdout)[0]?.['partitions'] as { isReleased: boolean }[]
  assert.ok(partitions.every(({ isReleased }) => isReleased))
})

test('a second runtime on the folder is told who has it', async (t) => {
  const folder = folderFor(t)
  const running = start(HERE, ['run', METERS, '--events', '5k', '--rate', '100', '--folder', folder, '--json'])
  await running.line(decided(1))
  for (const more of [[], ['--fresh']]) {
    const second = await call(HERE, ['run', METERS, '--events', '5k', '--folder', folder, '--quiet', ...more])
    assert.equal(second.exitCode, 3, second.stderr)
    assert.match(second.stderr, new RegExp(`is in use by process ${running.child.pid}[^]*data-folder/locked`))
  }
  running.child.kill('SIGINT')
  assert.equal((await running.ended).exitCode, 130)
})

for (const runtime of RUNTIMES) {
  test(`after kill -9 the folder can be read, goes on and completes; nothing is lost or doubled (${basename(runtime)})`, async (t) => {
    const folder = folderFor(t)
    const args = ['run', METERS, '--events', '3000', '--folder', folder, '--json']
    for (const kill of [1, 2, 3]) {
      const running = start(runtime, [...args, '--rate', '350'])
      await running.line(decided(1))
      running.child.kill('SIGKILL')
      await running.ended
      assert.equal((await call(runtime, ['get', 'meter', 'm3', '--folder', folder, '--json'])).exitCode, 0)
      const verify = await call(runtime, ['verify', '--folder', folder])
      assert.equal(verify.exitCode, 0, `after kill ${kill}: ${verify.stdout}`)
    }
    const last = await call(runtime, args)
    assert.equal(last.exitCode, 0, last.stderr)
    const summary = summaryOf(last)
    assert.deepEqual([summary['fed'], summary['decisions'], summary['deadLetters'], summary['conclusion']], [3030, 3000, { decode: 30 }, ['3000 readings judged']])
    const [entity] = objects((await call(runtime, ['get', 'meter', 'm3', '--folder', folder, '--json'])).stdout)
    assert.deepEqual([(entity?.['context'] as { count: number }).count, (entity?.['context'] as { answers: number }).answers], [150, 150])
    assert.equal((await call(runtime, ['verify', '--folder', folder])).exitCode, 0)
  })
}

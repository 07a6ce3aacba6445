import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { call, folderFor, HERE, objects, RUNTIMES, start } from '../support/cli.ts'

const COUNTERS = 'test/support/counter/counter.system.ts'

for (const runtime of RUNTIMES) {
  test(`what is sent to a running system is answered once it is committed (${basename(runtime)})`, async (t) => {
    const folder = folderFor(t)
    const running = start(runtime, ['run', COUNTERS, '--folder', folder, '--json'])
    await running.line((line) => line.includes('"progress"') && (JSON.parse(line) as { notLive: string[] }).notLive.length === 0)
    const send = (...args: string[]) => call(runtime, ['send', ...args, '--folder', folder])

    assert.equal((await send('counter', 'a', '{"type":"add","by":2}')).stdout, `counter a took 'add' and replied 2\n`)
    const once = () => send('counter', 'a', '{"type":"add","by":3}', '--command', 'three', '--json')
    const [first] = objects((await once()).stdout)
    assert.deepEqual([first?.['outcome'], first?.['value'], first?.['command']], ['reply', 5, 'three'])
    assert.equal(objects((await once()).stdout)[0]?.['value'], 5, 'sent again it is applied once')

    const refused = await send('counter', 'a', 'add')
    assert.equal(refused.exitCode, 1)
    const [, letter = ''] = /refused 'add', class action: .*add what\?[^]*statelog dlq show (.+)\n/.exec(refused.stderr) ?? []
    assert.match((await call(runtime, ['dlq', 'show', ...letter.split(' '), '--folder', folder])).stdout, /action at stage[^]*add what\?/)

    assert.equal((await send('counter', 'a', 'end')).stdout, `counter a took 'end'\n`)
    assert.equal((await send('counter', 'a', '{"type":"add","by":1}')).exitCode, 1, 'an entity at its end gives no answer')
    running.child.kill('SIGINT')
    const ended = await running.ended
    assert.equal(ended.exitCode, 130, ended.stderr)
  })
}

test('what is sent to a system at rest is taken by the next run', async (t) => {
  const folder = folderFor(t)
  const run = () => call(HERE, ['run', COUNTERS, '--folder', folder, '--duration', '1s', '--quiet'])
  assert.equal((await run()).exitCode, 0)
  const kept = await call(HERE, ['send', 'counter', 'b', '{"type":"add","by":7}', '--folder', folder])
  assert.deepEqual([kept.exitCode, kept.stdout.replace(folder, '<folder>')], [0, `counter b will take 'add' when the system runs next: statelog run ${COUNTERS} --folder <folder>\n`])
  assert.equal((await run()).exitCode, 0)
  const [entity] = objects((await call(HERE, ['get', 'counter', 'b', '--folder', folder, '--json'])).stdout)
  assert.deepEqual(entity?.['context'], { n: 7 })
})

test('an event that is none is a mistake', async (t) => {
  const folder = folderFor(t)
  for (const [words, complaint] of [[['counter', 'a'], /send what\?/], [['counter', 'a', '{"type":'], /no JSON/], [['counter', 'a', '{"by":1}'], /no type/], [['counter', 'a', 'add', '--wait', 'long'], /--wait is 'long'/]] as const) {
    const { exitCode, stderr } = await call(HERE, ['send', ...words, '--folder', folder])
    assert.deepEqual([exitCode, complaint.test(stderr)], [2, true], stderr)
  }
})

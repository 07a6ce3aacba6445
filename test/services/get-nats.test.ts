// `statelog run --nats` answers, `statelog get --nats` asks: from the command line, through a real server.
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { call, folderFor, HERE, objects, RUNTIMES, start } from '../support/cli.ts'
import { natsServer, withNatsServer } from '../support/nats.ts'

const COUNTERS = 'test/support/counter/counter.system.ts'

for (const runtime of RUNTIMES) {
  for (const workers of ['0', '2']) {
    test(`an entity of a running system is asked for over NATS (${basename(runtime)}, workers: ${workers})`, withNatsServer, async (t) => {
      const nats = await natsServer(t)
      const folder = folderFor(t)
      const running = start(runtime, ['run', COUNTERS, '--folder', folder, '--json', '--workers', workers, '--nats', nats.url])
      t.after(() => running.child.kill('SIGKILL'))
      await running.line((line) => line.includes('"progress"') && (JSON.parse(line) as { notLive: string[] }).notLive.length === 0)
      const get = (...words: string[]) => call(runtime, ['get', 'counter', ...words, '--nats', nats.url])
      for (const id of ['a', 'b', 'c']) {
        assert.equal((await call(runtime, ['send', 'counter', id, '{"type":"add","by":2}', '--folder', folder])).exitCode, 0)
        const [entity] = objects((await get(id, '--folder', folder, '--json')).stdout)
        assert.deepEqual([entity?.['found'], entity?.['id'], entity?.['context'], entity?.['epoch']], [true, id, { n: 2 }, 1])
      }
      const named = await get('a', '--system', COUNTERS)
      assert.match(named.stdout, /^counter a: counting\n\nplace {4} partition \d · seq \d+ · epoch 1 · life [^]*n: 2\n$/, named.stderr)
      const none = await get('nobody', '--system', COUNTERS)
      assert.deepEqual([none.exitCode, /there is no counter 'nobody' in counters/.test(none.stderr)], [1, true], none.stderr)

      await nats.kill()
      const down = await get('a', '--system', COUNTERS)
      assert.deepEqual([down.exitCode, /cannot be reached: .*ECONNREFUSED/.test(down.stderr)], [1, true], down.stderr)
      await nats.start()
      assert.equal((await get('a', '--system', COUNTERS, '--deadline', '20s')).exitCode, 0, 'the system comes back by itself')

      running.child.kill('SIGINT')
      const ended = await running.ended
      assert.equal(ended.exitCode, 130, ended.stderr)
      const gone = await get('a', '--system', COUNTERS, '--deadline', '200ms')
      assert.deepEqual([gone.exitCode, /no answer for counters\.counter\/\d within 200 ms, asked \d+ times; the last: nobody owns the partition now/.test(gone.stderr)], [1, true], gone.stderr)
    })
  }
}

test('what cannot be meant is refused before anything is opened', async (t) => {
  const folder = folderFor(t)
  for (const [args, exitCode, complaint] of [
    [['get', 'counter', 'a', '--nats', 'http://bus', '--system', COUNTERS], 1, /'http:\/\/bus' is no address of NATS/],
    [['get', 'counter', 'a', '--nats', 'nats://bus', '--system', COUNTERS, '--deadline', 'soon'], 2, /--deadline is 'soon'/],
    [['get', 'count', 'a', '--nats', 'nats://bus', '--system', COUNTERS], 2, /no actor type 'count'/],
    [['get', 'counter', 'a', '--system', COUNTERS], 2, /--system goes with --kafka or --nats/],
    [['get', 'counter', 'a', '--nats', 'nats://bus', '--kafka', 'broker:9092', '--system', COUNTERS], 2, /ask the owner \(--nats\) or read its log \(--kafka\)/],
    [['get', 'counter', 'a', '--nats', 'nats://bus', '--namespace', 'x.', '--system', COUNTERS], 2, /--namespace is of a cluster/],
    [['send', 'counter', 'a', 'add', '--system', COUNTERS], 2, /--system goes with --kafka/],
    [['run', COUNTERS, '--folder', folder, '--nats', 'nats://ann:secret@bus/x'], 1, /'nats:\/\/bus\/x' is no address of NATS/],
    [['run', COUNTERS, '--folder', folder, '--nats-prefix', 'x'], 2, /--nats-prefix goes with --nats/],
  ] as const) {
    const told = await call(HERE, args)
    assert.deepEqual([told.exitCode, complaint.test(told.stderr)], [exitCode, true], told.stderr)
  }
})

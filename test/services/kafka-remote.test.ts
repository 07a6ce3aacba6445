// `statelog get` and `send` from where no data folder remembers the cluster: by its brokers and the system's file alone.
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { call, folderFor, HERE, objects, RUNTIMES, start } from '../support/cli.ts'
import { placeOn } from '../support/cluster-runs.ts'
import { serviceTest } from '../support/services.ts'
import { KAFKA_CLIENTS } from '../../adapters/node/medium.ts'

const COUNTERS = 'test/support/counter/counter.system.ts'

for (const client of KAFKA_CLIENTS) {
  serviceTest('kafka', `a system on a cluster is sent to and asked from elsewhere (${client})`, { timeout: 120_000 }, async (kafka, t) => {
    const place = placeOn(kafka, client)
    const running = start(HERE, ['run', COUNTERS, '--folder', folderFor(t), '--json', '--workers', '0', ...place])
    t.after(() => running.child.kill('SIGKILL'))
    await running.line((line) => line.includes('"progress"') && (JSON.parse(line) as { notLive: string[] }).notLive.length === 0)
    for (const [nth, runtime] of RUNTIMES.entries()) {
      const id = `a${nth}`
      const sent = await call(runtime, ['send', 'counter', id, '{"type":"add","by":2}', '--system', COUNTERS, '--json', ...place])
      assert.deepEqual([sent.exitCode, objects(sent.stdout)[0]?.['outcome']], [0, 'reply'], `${basename(runtime)}: ${sent.stderr}`)
      const got = await call(runtime, ['get', 'counter', id, '--system', COUNTERS, '--json', ...place])
      const [entity] = objects(got.stdout)
      assert.deepEqual([entity?.['found'], entity?.['context']], [true, { n: 2 }], `${basename(runtime)}: ${got.stderr}`)
    }
    const none = await call(HERE, ['get', 'counter', 'nobody', '--system', COUNTERS, ...place])
    assert.deepEqual([none.exitCode, /there is no counter 'nobody' in counters on Kafka at/.test(none.stderr)], [1, true], none.stderr)
    const elsewhere = await call(HERE, ['send', 'counter', 'a0', 'add', '--system', COUNTERS, ...placeOn(kafka, client)])
    assert.deepEqual([elsewhere.exitCode, /there is no topic .* under this --namespace\?/.test(elsewhere.stderr)], [1, true], elsewhere.stderr)
    running.child.kill('SIGINT')
    assert.equal((await running.ended).exitCode, 130)
    const kept = await call(HERE, ['send', 'counter', 'a0', '{"type":"add","by":2}', '--system', COUNTERS, '--wait', '0s', ...place])
    assert.deepEqual([kept.exitCode, /counter a0 will take 'add'/.test(kept.stdout)], [0, true], kept.stderr)
  })
}

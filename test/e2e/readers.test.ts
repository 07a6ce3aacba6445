import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { encodeModel } from '../../system/models/artifact.ts'
import { heat } from '../support/meters/system.ts'
import { call, folderFor, HERE, METERS, objects, RUNTIMES, start, summaryOf } from '../support/cli.ts'

for (const runtime of RUNTIMES) {
  test(`a folder at rest can be read, by either runtime (${basename(runtime)} reads)`, async (t) => {
    const folder = folderFor(t)
    assert.equal((await call(RUNTIMES.find((other) => other !== runtime) ?? runtime, ['run', METERS, '--events', '500', '--folder', folder, '--quiet'])).exitCode, 0)
    const read = (...args: string[]) => call(runtime, [...args, '--folder', folder])

    const [entity] = objects((await read('get', 'meter', 'm3', '--json')).stdout)
    assert.equal((entity?.['context'] as { count: number }).count, 25)
    assert.deepEqual([entity?.['found'], entity?.['type'], entity?.['id'], typeof entity?.['life'], typeof entity?.['seq']], [true, 'meter', 'm3', 'string', 'number'])
    assert.match((await read('get', 'meter', 'm3')).stdout, /^meter m3: (normal|hot)\n[^]*count: 25/)

    const history = objects((await read('history', 'meter', 'm3', '--limit', '10', '--json')).stdout)
    assert.equal(history.length, 10)
    assert.match((await read('history', 'meter', 'm3', '--limit', '3')).stdout, /50 inputs up to seq \d+ of partition \d, the newest 3 of them/)

    const records = objects((await read('read', 'readings', '--limit', '7', '--json')).stdout)
    assert.deepEqual([records.length, records.every((record) => 'value' in record || 'text' in record)], [7, true])
    assert.match((await read('read', 'readings', '--limit', '2')).stdout, /^readings: 525 records, the newest 2 of them[^]*\n\S+Z +\d +\d+ +\S+ +/)
    assert.match((await read('read', 'reading')).stderr, /no topic 'reading'; did you mean 'readings'\?/)

    const letters = objects((await read('dlq', 'list', '--json')).stdout)
    assert.deepEqual(letters.map((letter) => letter['class']), Array.from({ length: 5 }, () => 'decode'))
    assert.match((await read('dlq', 'list', '--class', 'schema')).stdout, /^no dead letters of class schema/)
    const { topic, partition, offset } = letters[0]?.['dlq'] as { topic: string; partition: number; offset: number }
    const shown = await read('dlq', 'show', topic, String(partition), String(offset))
    assert.match(shown.stdout, /decode at stage decode[^]*not JSON[^]*readings, partition \d, offset \d+[^]*\{"type":"reading",/)
    assert.equal((await read('dlq', 'show', topic, '0', '999')).exitCode, 1)

    const doctor = await read('doctor', '--json')
    assert.equal(doctor.exitCode, 0, doctor.stdout)
    const partitions = objects(doctor.stdout)[0]?.['partitions'] as { lag: number; isReleased: boolean }[]
    assert.deepEqual(partitions.map(({ lag, isReleased }) => [lag, isReleased]), Array.from({ length: 4 }, () => [0, true]))

    const verify = await read('verify', '--json')
    assert.equal(verify.exitCode, 0, verify.stdout)
    assert.equal(objects(verify.stdout).reduce((sum, one) => sum + (one['statesCompared'] as number), 0), 22)
    assert.equal((await read('get', 'meter', 'nobody')).exitCode, 1)
  })
}

test('another model takes its place in a folder at rest and in one that runs; one that does not fit is refused with the reason', async (t) => {
  const folder = folderFor(t)
  const artifact = (version: number, features: readonly string[]): string => {
    const file = join(dirname(folder), `heat-${version}.json`)
    writeFileSync(file, encodeModel({ name: 'heat', version, kind: 'linear', features, weights: features.map(() => version), bias: 0 }))
    return file
  }
  const models = async (...args: string[]) => call(HERE, ['models', ...args, '--folder', folder])
  const versions = async (): Promise<readonly unknown[]> => [...new Set(objects((await models('list', '--json')).stdout).map(({ version, activated }) => `${String(version)} ${String(activated)}`))]
  const run = (events: string, ...more: string[]) => ['run', METERS, '--events', events, '--folder', folder, '--json', ...more]
  assert.equal((await call(HERE, run('500'))).exitCode, 0)
  assert.deepEqual(await versions(), ['1 false'])
  assert.match((await models('activate', artifact(8, ['x', 'y']))).stderr, /heat' v8 does not fit: it takes the features x, y; the system's vectors hold /)
  assert.match((await models('activate', artifact(2, heat.features))).stdout, /^heat v2 \([0-9a-f]{12}\) is activated in 4 partitions/)
  const running = start(HERE, ['run', 'test/support/meters/meters.system.ts', '--folder', folder, '--json'])
  await running.line((line) => line.includes('"progress"'))
  assert.deepEqual(await versions(), ['2 true'])
  assert.equal((await models('activate', artifact(3, heat.features))).exitCode, 0)
  for (let looks = 0; looks < 50 && !(await versions()).every((one) => one === '3 true'); looks += 1);
  assert.deepEqual(await versions(), ['3 true'])
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).exitCode, 130)
  assert.match((await models('list')).stdout, /^MODEL +VERSION +HASH +TYPE +PARTITIONS +BY\nheat +v3 +[0-9a-f]{12} +meter +0 1 +activation\nheat/)
  assert.equal((await call(HERE, ['verify', '--folder', folder])).exitCode, 0)
})

test('a running folder can be read: committed data that fits together', async (t) => {
  const folder = folderFor(t)
  const running = start(HERE, ['run', METERS, '--events', '20k', '--rate', '300', '--folder', folder, '--json'])
  await running.line((line) => line.includes('"progress"') && (JSON.parse(line) as { decisions: number }).decisions > 300)
  const [entity] = objects((await call(HERE, ['get', 'meter', 'm3', '--folder', folder, '--json'])).stdout)
  const counted = (entity?.['context'] as { count: number }).count
  assert.ok(counted >= 10, `${counted} readings`)
  const history = objects((await call(HERE, ['history', 'meter', 'm3', '--limit', '1000', '--folder', folder, '--json'])).stdout)
  const taken = history.filter((entry) => (entry['event'] as { type: string }).type === 'reading').length
  assert.ok(taken >= counted, `${taken} in the history after ${counted}`)
  const doctor = await call(HERE, ['doctor', '--folder', folder])
  assert.equal(doctor.exitCode, 0, doctor.stdout)
  assert.match(doctor.stdout, new RegExp(`running in process ${running.child.pid}`))
  const verify = await call(HERE, ['verify', '--folder', folder])
  assert.equal(verify.exitCode, 0, verify.stdout)
  running.child.kill('SIGTERM')
  const ended = await running.ended
  assert.equal(ended.exitCode, 130)
  assert.equal(summaryOf(ended)['outcome'], 'interrupted')
})

import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { call, folderFor, HERE, objects, RUNTIMES, start, summaryOf } from '../support/cli.ts'
import { deeds, TRAP } from '../support/parking/accounts.ts'

const ACCOUNTS = 'test/support/parking/accounts.scenario.ts'

for (const runtime of RUNTIMES) {
  test(`a parked entity can be found, with its cause and what is put aside for it (${basename(runtime)})`, async (t) => {
    const folder = folderFor(t)
    const run = ['run', ACCOUNTS, '--events', '400', '--folder', folder]
    const read = (...args: string[]) => call(runtime, [...args, '--folder', folder])
    const first = await call(runtime, [...run, '--json'])
    assert.equal(first.exitCode, 0, first.stderr)
    assert.deepEqual([summaryOf(first)['parked'], summaryOf(first)['deadLetters']], [1, { action: 1 }])
    assert.match(first.stderr, /accounts\.account\/\d: 'a3' is parked: action: account \(in open\): trapped/)
    const later = deeds(400, []).filter(({ account }, at) => account === TRAP.account && at > TRAP.at)

    const listed = objects((await read('parked', 'list', '--json')).stdout)
    const [entity] = listed
    assert.deepEqual([listed.length, entity?.['type'], entity?.['id'], entity?.['class'], entity?.['events'], entity?.['refold']], [1, 'account', 'a3', 'action', later.length, 0])
    assert.match((await read('parked', 'list')).stdout, /^1 entity is parked in \S+: account 1\n\nTYPE +ID +CLASS +SINCE +SEQ +EVENTS +REFOLD +SIZE +PARTITION\naccount +a3 +action +\S+Z +\d+ +34 +0 +2 KB +\d\n$/)

    const [shown] = objects((await read('parked', 'show', 'account', 'a3', '--json', '--limit', '100')).stdout)
    const records = shown?.['records'] as { topic: string; offset: number; refold: boolean; value: { text: string } }[]
    assert.deepEqual(records.map(({ value }) => (JSON.parse(value.text) as { n: number }).n), later.map(({ n }) => n))
    assert.ok(records.every(({ topic, refold }) => topic === 'deeds' && !refold))
    const cause = shown?.['cause'] as { class: string; directive: string; value: { text: string } }
    assert.deepEqual([cause.class, cause.directive, (JSON.parse(cause.value.text) as { n: number }).n], ['action', 'park', TRAP.at])
    assert.match((await read('parked', 'show', 'account', 'a3', '--limit', '2')).stdout, /^account a3: parked since seq \d+ of partition \d, \S+Z, action\n\ndeeds\.dlq \d \d+: action at stage step\n[^]*why +account \(in open\): trapped\n[^]*"type":"trap"[^]*\n34 events put aside; the first 2 \(--limit shows more\):\n\nTOPIC +PARTITION +OFFSET +PUT ASIDE +REFOLD +VALUE\ndeeds +\d +\d+ +\S+Z +- +\{.*"n":63\}\ndeeds .*"n":73\}\n$/)
    assert.match((await read('parked', 'show', 'account', 'a4')).stderr, /account 'a4' is not parked in [^]*statelog parked list/)

    assert.match((await read('get', 'account', 'a3')).stdout, /^account a3: open \(parked\)\n[^]*\nparked +action, 34 events put aside since seq \d+ \(see: statelog parked show account a3\)\n[^]*count: 5/)
    const [got] = objects((await read('get', 'account', 'a3', '--json')).stdout)
    assert.deepEqual([(got?.['parked'] as { events: number }).events, (got?.['context'] as { count: number }).count], [34, 5])
    assert.match((await read('history', 'account', 'a3')).stdout, /trap +open +\d+ +refused: action \(park\): it stands still from here on\nparked: action, 34 events put aside/)

    const doctor = await read('doctor')
    assert.equal(doctor.exitCode, 0, doctor.stdout)
    assert.match(doctor.stdout, /DEAD LETTERS +PARKED +STATES[^]*note: account\/\d: 1 entity is parked, its events are put aside: statelog parked list --folder \S+\nhealthy/)
    const partitions = objects((await read('doctor', '--json')).stdout)[0]?.['partitions'] as { parked: number; attempts: number; isIsolated: boolean }[]
    assert.deepEqual([partitions.map(({ parked }) => parked).sort(), partitions.map(({ attempts, isIsolated }) => [attempts, isIsolated])], [[0, 1], [[0, false], [0, false]]])
    assert.equal((await read('verify')).exitCode, 0)

    // What is sent to it is put aside too, as the inbox has it; the next run says so.
    assert.equal((await read('send', 'account', 'a3', '{"type":"add","n":7}')).exitCode, 0)
    const second = await call(runtime, [...run, '--quiet'])
    assert.equal(second.exitCode, 0, second.stderr)
    assert.match(second.stdout, /\nparked +1 entity, its events are put aside: statelog parked list --folder /)
    assert.match((await read('parked', 'show', 'account', 'a3', '--limit', '100')).stdout, /\n35 events put aside\n[^]*\naccounts\.account\.inbox +\d +0 +\S+Z +- +.*"add".*7.*\n$/)
  })
}

test('what is put aside can be seen while it comes; a folder where nobody is parked says so', async (t) => {
  const folder = folderFor(t)
  const running = start(HERE, ['run', ACCOUNTS, '--events', '20k', '--rate', '300', '--folder', folder, '--json'])
  await running.line((line) => line.includes('"progress"') && (JSON.parse(line) as { parked: number }).parked === 1)
  const list = async (): Promise<number> => objects((await call(HERE, ['parked', 'list', '--folder', folder, '--json'])).stdout)[0]?.['events'] as number
  const events = await list()
  const [shown] = objects((await call(HERE, ['parked', 'show', 'account', 'a3', '--folder', folder, '--json', '--limit', '100k'])).stdout)
  assert.equal((shown?.['records'] as unknown[]).length, shown?.['events'])
  assert.ok((shown?.['events'] as number) >= events && (await list()) >= (shown?.['events'] as number))
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).exitCode, 130)

  const calm = folderFor(t)
  assert.equal((await call(HERE, ['run', ACCOUNTS, '--events', '50', '--folder', calm, '--quiet'])).exitCode, 0)
  assert.match((await call(HERE, ['parked', 'list', '--folder', calm])).stdout, /^no entity is parked in /)
})

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { call, folderFor, HERE, METERS, objects, RUNTIMES, summaryOf } from '../support/cli.ts'

for (const runtime of RUNTIMES) {
  test(`a scenario runs to its end and says what it came to (${basename(runtime)})`, async (t) => {
    const folder = folderFor(t)
    const ended = await call(runtime, ['run', METERS, '--events', '1500', '--folder', folder, '--json'])
    assert.equal(ended.exitCode, 0, ended.stderr)
    const [start] = objects(ended.stdout)
    assert.deepEqual([start?.['type'], start?.['system'], start?.['partitions'], start?.['total']], ['start', 'meters', 2, 1515])
    const summary = summaryOf(ended)
    assert.deepEqual(
      { outcome: summary['outcome'], fed: summary['fed'], events: summary['events'], decisions: summary['decisions'], deadLetters: summary['deadLetters'], conclusion: summary['conclusion'], order: summary['order'] },
      { outcome: 'consumed', fed: 1515, events: 1515, decisions: 1500, deadLetters: { decode: 15 }, conclusion: ['1500 readings judged'], order: { meter: 'arrival', site: 'arrival' } },
    )
    const states = summary['states'] as Record<string, Record<string, number>>
    assert.equal(Object.values(states['meter'] ?? {}).reduce((sum, count) => sum + count, 0), 20)
  })

  test(`the fraud scenario decides every transaction (${basename(runtime)})`, async (t) => {
    const ended = await call(runtime, ['run', 'fraud', '--events', '1000', '--order', 'eventTime', '--folder', folderFor(t), '--json'])
    assert.equal(ended.exitCode, 0, ended.stderr)
    const summary = summaryOf(ended)
    assert.deepEqual([summary['decisions'], summary['deadLetters'], summary['order']], [1000, {}, { card: 'arrival', terminal: 'eventTime' }])
  })

  test(`the delivery scenario completes deliveries, pays each once and finds the spoofers (${basename(runtime)})`, async (t) => {
    const ended = await call(runtime, ['run', 'delivery', '--events', '5000', '--folder', folderFor(t), '--json'])
    assert.equal(ended.exitCode, 0, ended.stderr)
    const summary = summaryOf(ended)
    assert.deepEqual([summary['outcome'], summary['deadLetters'], summary['partitions']], ['consumed', {}, 4])
    assert.deepEqual(summary['order'], { rider: 'arrival', spoof: 'arrival', 'ping-router': 'arrival', delivery: 'eventTime' })
    const states = summary['states'] as Record<string, Record<string, number>>
    const [completed = 0] = [states['delivery']?.['completed']]
    assert.ok(completed > 5, `${completed} completed`)
    const conclusion = (summary['conclusion'] as string[]).join('\n')
    assert.match(conclusion, /^5,000 pings of 12 riders, /)
    assert.ok(conclusion.includes(`payments: ${completed} for ${completed} completed deliveries, exactly one each`), conclusion)
    assert.match(conclusion, /2 of 2 spoofers found = 100\.0 % recall; 2 of 2 suspected riders are spoofers = 100\.0 % precision/)
    assert.match(conclusion, /ETA error: half within [\d.]+ (s|min), nine of ten within/)
    assert.match((summary['tryNext'] as string[]).join('\n'), /statelog history delivery r\d+-\d+\nstatelog get rider r\d+\nstatelog history spoof r\d+/)
  })
}

test('an expectation that is met answers 0, any difference 1', async (t) => {
  const folder = folderFor(t)
  const expected = `${folder}-expected`
  writeFileSync(expected, '300')
  const met = await call(HERE, ['run', METERS, '--events', '300', '--folder', folder, '--expect', expected, '--json'])
  assert.equal(met.exitCode, 0, met.stderr)
  writeFileSync(expected, '299')
  const unmet = await call(HERE, ['run', METERS, '--events', '300', '--folder', folder, '--expect', expected, '--json'])
  assert.equal(unmet.exitCode, 1)
  assert.match(unmet.stderr, /finished run/)
  assert.deepEqual([(summaryOf(unmet)['expectation'] as { different: number }).different, summaryOf(unmet)['events']], [1, 0])
})

test('a run of another input in a used folder is refused with the cure; --fresh starts over', async (t) => {
  const folder = folderFor(t)
  assert.equal((await call(HERE, ['run', METERS, '--events', '100', '--folder', folder, '--quiet'])).exitCode, 0)
  const other = await call(HERE, ['run', METERS, '--events', '200', '--folder', folder, '--quiet'])
  assert.equal(other.exitCode, 1)
  assert.match(other.stderr, /run of another input[^]*--events 100[^]*--events 200[^]*--fresh/)
  const system = await call(HERE, ['run', 'fraud', '--events', '100', '--folder', folder, '--quiet'])
  assert.equal(system.exitCode, 1)
  assert.match(system.stderr, /belongs to 'meters', not to 'fraud'[^]*--fresh/)
  const fresh = await call(HERE, ['run', METERS, '--events', '200', '--folder', folder, '--fresh', '--json'])
  assert.equal(fresh.exitCode, 0, fresh.stderr)
  assert.equal(summaryOf(fresh)['decisions'], 200)
  assert.match(fresh.stderr, /kept in .*previous/)
})

test('a feed stopped by --duration goes on with the next run', async (t) => {
  const folder = folderFor(t)
  const args = ['run', METERS, '--events', '400', '--folder', folder, '--json']
  const first = await call(HERE, [...args, '--rate', '200', '--duration', '600ms'])
  assert.equal(first.exitCode, 0, first.stderr)
  const fed = summaryOf(first)['fed'] as number
  assert.ok(fed > 0 && fed < 404, `${fed} fed`)
  assert.deepEqual([summaryOf(first)['feed'], summaryOf(first)['events']], ['stopped', fed])
  const second = summaryOf(await call(HERE, args))
  assert.deepEqual([second['feed'], second['fed'], second['events'], second['decisions']], ['ended', 404, 404 - fed, 400])
})

test('people read a summary with states, order, and what to try next', async (t) => {
  const folder = folderFor(t)
  const { stdout, exitCode } = await call(HERE, ['run', METERS, '--events', '200', '--folder', folder])
  assert.equal(exitCode, 0)
  assert.match(stdout, /^statelog \d+\.\d+\.\d+ · meters · embedded in .* · 2 partitions · workers: \d+ · (Node|Bun) /)
  for (const part of [/^done: 202 events in /m, /^meter +(normal|hot) \d+/m, /^decisions +200 +dead letters 2 \(decode 2\)$/m, /^order +meter by arrival, site by arrival$/m, /^200 readings judged$/m, /^ {2}statelog get meter m3 --folder /m]) assert.match(stdout, part)
  assert.ok(!stdout.includes('\u001b'), 'no colours outside a terminal')
})

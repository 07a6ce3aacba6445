import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { painter } from '../../../../adapters/cli/io.ts'
import { main } from '../../../../adapters/cli/main.ts'
import { METERS } from '../../../support/cli.ts'

interface Told {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in this process. */
async function call(args: readonly string[]): Promise<Told> {
  let stdout = ''
  let stderr = ''
  const exitCode = await main(args, { out: (line) => (stdout += `${line}\n`), err: (line) => (stderr += `${line}\n`), isTty: false, columns: () => 80, rows: () => 24, paint: painter(false) })
  return { exitCode, stdout, stderr }
}

test('help names every command, and every command has a page with an example', async () => {
  const overview = await call([])
  assert.equal(overview.exitCode, 0)
  const names = [...overview.stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map((found) => found[1] ?? '')
  assert.deepEqual(names, ['run', 'send', 'get', 'history', 'inspect', 'read', 'dlq', 'parked', 'models', 'doctor', 'chart', 'ui', 'top', 'verify'])
  const pages = await Promise.all(names.map((name) => call([name, '--help'])))
  for (const page of pages) {
    assert.equal(page.exitCode, 0, page.stderr)
    assert.match(page.stdout, /usage: statelog [^]*example: statelog /)
  }
  assert.match((await call(['run', METERS, '--help'])).stdout, /--mood <calm\|wild>/)
})

test('mistakes answer 2 and say what was probably meant', async () => {
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [['rnu', 'fraud'], /no command 'rnu'; did you mean 'run'\?/],
    [['run'], /run what\?/],
    [['run', 'fruad'], /no scenario and no file 'fruad'; did you mean 'fraud'\?/],
    [['run', 'adapters/cli/text.ts'], /text\.ts exports no scenario and no system/],
    [['run', METERS, '--evnets', '5'], /no flag --evnets; did you mean '--events'\?/],
    [['run', METERS, '--mood', 'clam'], /--mood is 'clam', expected calm or wild; did you mean 'calm'\?/],
    [['run', METERS, '--rate', 'fast'], /--rate is 'fast', expected a number/],
    [['run', METERS, '--duration', 'soon'], /--duration is 'soon'/],
    [['run', METERS, '--workers', '65'], /--workers is '65'/],
    [['get', 'meter'], /get which entity\?/],
    [['history', 'meter', 'm1', '--limit', '0'], /--limit is '0'/],
    [['dlq', 'lsit'], /dlq cannot 'lsit'; did you mean 'list'\?/],
    [['verify', 'everything'], /'everything' is one word too many/],
  ]
  for (const [args, complaint] of mistakes) {
    const { exitCode, stderr } = await call(args)
    assert.equal(exitCode, 2, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, complaint, args.join(' '))
  }
})

test('a scenario runs and is read in one process; a type that its system lacks answers 2 with the types', async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'statelog-cli-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, 'data')
  const run = await call(['run', METERS, '--events', '60', '--folder', folder, '--quiet'])
  assert.equal(run.exitCode, 0, run.stderr)
  const got = await call(['get', 'metre', 'm1', '--folder', folder])
  assert.equal(got.exitCode, 2)
  assert.match(got.stderr, /no actor type 'metre'; did you mean 'meter'\?[^]*Types: meter, site/)
  assert.match((await call(['history', 'meter', 'm1', '--folder', folder])).stdout, /6 inputs up to seq/)
})

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { painter } from '../../../../../adapters/cli/io.ts'
import { main } from '../../../../../adapters/cli/main.ts'
import { parseXml } from '../../../../support/charts/xml.ts'

const COUNTER = 'test/support/counter/counter.system.ts'
const TARGETS = ['fraud', 'delivery', 'actors/fraud.system.ts', 'actors/delivery.system.ts', COUNTER]

async function call(...args: readonly string[]): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  let stdout = ''
  let stderr = ''
  const exitCode = await main(['chart', ...args], { out: (line) => (stdout += `${line}\n`), err: (line) => (stderr += `${line}\n`), isTty: false, columns: () => 80, rows: () => 24, paint: painter(false) })
  return { exitCode, stdout, stderr }
}

test('every actor type of every example, as files of a folder, in each format', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-chart-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const target of TARGETS) {
    for (const format of ['svg', 'mermaid', 'json']) {
      const { exitCode, stdout, stderr } = await call(target, '--out', join(folder, 'charts/'), '--format', format)
      assert.deepEqual([exitCode, stdout], [0, ''], stderr)
    }
  }
  const types = ['card', 'counter', 'delivery', 'ping-router', 'rider', 'spoof', 'terminal']
  const charts = join(folder, 'charts')
  assert.deepEqual(readdirSync(charts).sort(), types.flatMap((type) => [`${type}.json`, `${type}.mmd`, `${type}.svg`]))
  for (const type of types) {
    parseXml(readFileSync(join(charts, `${type}.svg`), 'utf8').trimEnd())
    const { form, states, hash, code } = JSON.parse(readFileSync(join(charts, `${type}.json`), 'utf8')) as { readonly form: string; readonly states: readonly unknown[]; readonly hash: string; readonly code: string }
    assert.deepEqual([form, states.length > 0, hash.length, code.length], ['statelog-chart/1', true, 64, 64])
  }
})

test('a file is written in the format of its ending, unless another is asked for; a system of one type needs no name', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-chart-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const written = async (name: string, ...args: readonly string[]): Promise<string> => {
    const { exitCode, stderr } = await call(COUNTER, '--out', join(folder, name), ...args)
    assert.equal(exitCode, 0, stderr)
    assert.match(stderr, new RegExp(`^counter: .*${name}\\n$`))
    return readFileSync(join(folder, name), 'utf8')
  }
  assert.match(await written('c.mmd'), /^stateDiagram-v2\n/)
  assert.match(await written('c.json'), /^\{\n {2}"form": "statelog-chart\/1",\n/)
  assert.match(await written('c.svg', '--theme', 'dark'), /^<svg [^>]*class="statechart dark"/)
  assert.match(await written('c.txt', '--format', 'mermaid'), /^stateDiagram-v2\n/)
})

test('mistakes answer 2 and say what was probably meant', async () => {
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /chart of which system\?/],
    [['fruad'], /did you mean 'fraud'\?/],
    [['fraud'], /2 actor types: chart of which\?[^]*Types: card, terminal\./],
    [['fraud', 'crad'], /no actor type 'crad'; did you mean 'card'\?[^]*Types: card, terminal\./],
    [['fraud', 'card', '--format', 'png'], /--format is 'png', expected svg or mermaid or json/],
    [['fraud', 'card', '--fromat', 'svg'], /no flag --fromat; did you mean '--format'\?/],
    [['fraud', 'card', '--format', 'json', '--theme', 'dark'], /--theme goes with --format svg/],
  ]
  for (const [args, complaint] of mistakes) {
    const { exitCode, stderr } = await call(...args)
    assert.equal(exitCode, 2, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, complaint)
  }
})

// `npm run campaign`: runs of the crash suite on real Kafka, one seed after the other, kept in a table that adds up.
//
// Owns: which seeds run, the table, the exit code: 0 when no line of the table has a violation, 1 when one has, 2 when it cannot run here.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findRuntimes } from '../runner/run-tier.ts'
import { commandOf, parseCampaign, USAGE } from './options.ts'
import type { CampaignOptions } from './options.ts'
import { runOne, RunStopped } from './run.ts'
import { campaignMissing } from './servers.ts'
import { addLine, isDone, printed, readTable, totalOf } from './table.ts'

const ROOT = join(import.meta.dirname, '../..')
const drain = new AbortController()
const stop = new AbortController()

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (drain.signal.aborted) stop.abort()
    else say('the run under way drains and is judged; once more: it ends at once')
    drain.abort()
  })
}

async function campaign(options: CampaignOptions): Promise<number> {
  const { node, bun } = findRuntimes(ROOT)
  const missing = campaignMissing() ?? (node === undefined || bun === undefined ? 'Node and Bun are both needed' : undefined)
  if (missing !== undefined || node === undefined || bun === undefined) {
    say(`a campaign cannot run here: ${missing}`)
    return 2
  }
  mkdirSync(options.folder, { recursive: true })
  const table = join(options.folder, 'table.jsonl')
  const untilMs = performance.now() + options.minutes * 60_000
  let hasFound = false
  let runs = 0
  for (let seed = options.seed; !drain.signal.aborted && !hasFound && runs < options.runs && performance.now() < untilMs; seed += 1) {
    const { client, brokers, inputs } = options
    if (isDone(readTable(table), { seed, client, brokers })) continue
    runs += 1
    hasFound = await runSeed(options, seed, table, { seed, client, brokers, inputs, runtimes: seed % 2 === 0 ? [node, bun] : [bun, node], folder: join(options.folder, `seed-${seed}-${client}-${brokers}`), drain: drain.signal, stop: stop.signal, says: (line) => say(`seed ${seed}: ${line}`) })
  }
  const all = readTable(table)
  say(`\n${printed(all)}`)
  return hasFound || all.lines.some(({ violations }) => totalOf(violations) > 0) ? 1 : 0
}

/** True when something was found. */
async function runSeed(options: CampaignOptions, seed: number, table: string, run: Parameters<typeof runOne>[0]): Promise<boolean> {
  say(`seed ${seed}: begins`)
  try {
    const { line, text } = await runOne(run)
    const isCut = drain.signal.aborted && text === ''
    if (!isCut) addLine(table, line)
    say(`seed ${seed}: ${line.inputs.toLocaleString('en')} inputs of ${line.keys.toLocaleString('en')} keys, ${totalOf(line.killsByPoint)} kills in ${line.faultSeconds} s, ${line.seconds} s in all: ${text === '' ? 'no violation' : 'A VIOLATION'}${isCut ? '; cut short, so not in the table' : ''}`)
    if (text === '') return false
    say(`${text}\nkept: ${run.folder}\nagain: ${commandOf(options, seed)}`)
    return true
  } catch (thrown) {
    if (!(thrown instanceof RunStopped)) throw thrown
    say(`seed ${seed}: ${thrown.message}; not in the table`)
    return false
  }
}

const parsed = parseCampaign(process.argv.slice(2))
if (parsed.kind === 'help') say(USAGE)
else if (parsed.kind === 'wrong') {
  say(`${parsed.reason}\n\n${USAGE}`)
  process.exitCode = 2
} else process.exitCode = await campaign({ ...parsed.options, folder: resolve(parsed.options.folder) })

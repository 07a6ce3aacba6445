// The test run: `npm test`. Tiers in order, a table, and one last line with the sum.
//
// Owns: the order of things and the exit code. The tiers and their budgets stand in runner/tiers.ts.
import { join } from 'node:path'
import { parseOptions, USAGE, type Options } from './runner/options.ts'
import { killAll } from './runner/process.ts'
import { failureLines, passLine, skipLines, tableLines, totalLine } from './runner/report.ts'
import { complaints, filesOf, runTier, type TierReport } from './runner/run-tier.ts'
import { TestServices } from './runner/services.ts'

const services = new TestServices()
const root = join(import.meta.dirname, '..')

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function runAll(options: Options): Promise<number> {
  const reports: TierReport[] = []
  const wrong: string[] = []
  say(`seed ${options.seed}`)
  for (const tier of options.tiers) {
    const files = filesOf(tier, root, options.pathParts)
    if (files.length === 0 && tier.name !== 'types') continue
    wrong.push(...await services.before(tier, process.env['CI'] === 'true', say))
    const report = await runTier(tier, files, options, root, say)
    reports.push(report)
    for (const pass of report.passes) {
      say(passLine(tier.name, pass))
      for (const line of [...skipLines(pass), ...failureLines(pass)]) say(line)
    }
    wrong.push(...complaints(report, process.env['CI'] === 'true'))
  }
  if (reports.length === 0) wrong.push('nothing to run')
  say('')
  for (const line of tableLines(reports)) say(line)
  for (const line of wrong) say(`FAILED ${line}`)
  say('')
  say(totalLine(reports, wrong.length))
  const hasFailed = reports.some((report) => report.passes.some((pass) => pass.results.some((result) => result.outcome === 'failed')))
  return hasFailed || wrong.length > 0 ? 1 : 0
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll()
    services.kill()
    process.kill(process.pid, signal)
  })
}

process.chdir(root)
const parsed = parseOptions(process.argv.slice(2))
if (parsed.ok) process.exitCode = await runAll(parsed.options).finally(() => services.stop())
else {
  say(`${parsed.reason}\n\n${USAGE}`)
  process.exitCode = 2
}

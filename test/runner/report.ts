// What a person reads: one line a pass, failures with the command that repeats them, and a table at the end.
import { count, type TestResult } from './result.ts'
import type { Pass, TierReport } from './run-tier.ts'

const MESSAGE_LINES_MAX = 40

export function passLine(tierName: string, pass: Pass): string {
  const failed = count(pass.results, 'failed')
  const skipped = count(pass.results, 'skipped')
  const rest = [failed > 0 ? `${failed} failed` : '', skipped > 0 ? `${skipped} skipped` : ''].filter((part) => part !== '')
  return `${tierName.padEnd(12)}${pass.runtime.padEnd(6)}${[`${count(pass.results, 'passed')} passed`, ...rest].join(', ')} in ${pass.seconds.toFixed(1)} s`
}

/** Why tests were skipped, a line for each reason: how to get what they need. */
export function skipLines(pass: Pass): string[] {
  const reasons = pass.results.flatMap(({ outcome, message }) => (outcome === 'skipped' && message !== '' ? [message] : []))
  return [...Map.groupBy(reasons, (reason) => reason)].map(([reason, { length }]) => `  ${length} skipped: ${reason}`)
}

export function failureLines(pass: Pass): string[] {
  return pass.results.filter((result) => result.outcome === 'failed').flatMap((result) => oneFailure(result, pass.runtime))
}

function oneFailure(result: TestResult, runtime: Pass['runtime']): string[] {
  const message = result.message.split('\n')
  const shown = message.slice(0, MESSAGE_LINES_MAX).map((line) => `    ${line}`)
  if (message.length > MESSAGE_LINES_MAX) shown.push(`    ... ${message.length - MESSAGE_LINES_MAX} more lines`)
  const again = runtime === 'tsc' ? 'npm run typecheck' : `npm test -- ${result.file} --${runtime}`
  return ['', `FAILED on ${runtime}: ${result.file} > ${result.name}`, ...shown, `    again: ${again}`]
}

export function tableLines(reports: readonly TierReport[]): string[] {
  const header = `${'tier'.padEnd(12)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'skipped'.padStart(9)}${'seconds'.padStart(9)}${'budget'.padStart(8)}`
  return [header, ...reports.map(tierRow)]
}

function tierRow(report: TierReport): string {
  const results = report.passes.flatMap((pass) => pass.results)
  const counts = `${String(count(results, 'passed')).padStart(8)}${String(count(results, 'failed')).padStart(8)}${String(count(results, 'skipped')).padStart(9)}`
  return `${report.tier.name.padEnd(12)}${counts}${report.seconds.toFixed(1).padStart(9)}${String(report.tier.budgetSeconds).padStart(8)}`
}

export function totalLine(reports: readonly TierReport[], complaintCount: number): string {
  const results = reports.flatMap((report) => report.passes.flatMap((pass) => pass.results))
  return `${count(results, 'passed')} passed, ${count(results, 'failed') + complaintCount} failed, ${count(results, 'skipped')} skipped`
}

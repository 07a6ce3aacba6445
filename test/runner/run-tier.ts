// One tier: its files, the runtimes it runs on, its budget.
//
// T1. A tier over its budget fails; one far over it is ended.
// T2. A file that ran no test is a failure, on each runtime it ran on.
// T3. Under CI a skipped test is a failure.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { installedBun, installedNode, nodeIsFit, thisMachine } from '../../adapters/cli/launch/runtime.js'
import type { Job } from './job.ts'
import type { Options } from './options.ts'
import { testEnvironment, type End } from './process.ts'
import { filesWithoutTests, type Listener, type TestResult } from './result.ts'
import { runOnBun } from './run-on-bun.ts'
import { runOnNode } from './run-on-node.ts'
import { runTypes } from './run-types.ts'
import { BUDGET_FACTOR_MAX, type Tier } from './tiers.ts'

export interface Pass {
  readonly runtime: 'node' | 'bun' | 'tsc'
  readonly results: readonly TestResult[]
  readonly seconds: number
}

export interface TierReport {
  readonly tier: Tier
  readonly passes: readonly Pass[]
  readonly seconds: number
}

export interface Runtimes {
  readonly node: string | undefined
  readonly bun: string | undefined
}

/** Node that came as a package is preferred over the running one: every machine then tests the same Node. */
export function findRuntimes(root: string): Runtimes {
  const machine = thisMachine(root)
  const running = machine.node !== undefined && nodeIsFit(machine.node) ? machine.execPath : undefined
  const runningBun = machine.bun !== undefined ? machine.execPath : undefined
  return { node: installedNode(machine) ?? running, bun: installedBun(machine) ?? runningBun }
}

export function filesOf(tier: Tier, root: string, pathParts: readonly string[]): string[] {
  const folder = join(root, 'test', tier.name)
  if (tier.name === 'types' || !existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join('test', tier.name, path))
    .filter((path) => pathParts.length === 0 || pathParts.some((part) => path.includes(part)))
    .sort()
}

type Runner = readonly [runtime: Pass['runtime'], run: (job: Job, listener: Listener) => Promise<End>]

function runnersOf(tier: Tier, { node, bun }: Runtimes, only: Options['only']): Runner[] {
  const onNode: Runner[] = node === undefined ? [] : [['node', (job, listener) => runOnNode(node, job, listener)]]
  const onBun: Runner[] = bun === undefined ? [] : [['bun', (job, listener) => runOnBun(bun, job, listener)]]
  if (tier.name === 'types') return [['tsc', (job, listener) => runTypes(node ?? bun ?? process.execPath, job, listener)]]
  if (only !== undefined) return only === 'node' ? onNode : onBun
  if (tier.runtimes === 'node and bun') return [...onNode, ...onBun]
  return onNode.length > 0 ? onNode : onBun
}

export async function runTier(tier: Tier, files: readonly string[], options: Options, root: string, say: (line: string) => void): Promise<TierReport> {
  const startedAtMs = performance.now()
  const secondsSince = (atMs: number): number => (performance.now() - atMs) / 1000
  const pass = async ([runtime, run]: Runner): Promise<Pass> => {
    const passAtMs = performance.now()
    const deadlineMs = Math.max(1000, Math.round(tier.budgetSeconds * 1000 * BUDGET_FACTOR_MAX - (passAtMs - startedAtMs)))
    const results: TestResult[] = []
    const isShown = tier.printsOutput || files.length === 1
    const end = await run(
      { files, env: testEnvironment(options.seed), isTogether: tier.isTogether === true, deadlineMs },
      { result: (result) => results.push(result), output: (line) => (isShown ? say(`  ${line}`) : undefined) },
    )
    return { runtime, results: [...results, ...judgeEnd(end, files, results, tier)], seconds: secondsSince(passAtMs) }
  }
  const passes: Pass[] = []
  const runners = runnersOf(tier, findRuntimes(root), options.only)
  if (tier.isTogether === true) passes.push(...await Promise.all(runners.map(pass)))
  else for (const runner of runners) passes.push(await pass(runner))
  return { tier, passes, seconds: secondsSince(startedAtMs) }
}

function judgeEnd(end: End, files: readonly string[], results: readonly TestResult[], tier: Tier): TestResult[] {
  if (end.kind === 'deadline') {
    const late = filesWithoutTests(files, results).map((result) => result.file)
    const message = `ended after ${BUDGET_FACTOR_MAX} times its budget of ${tier.budgetSeconds} s; files without a result: ${late.join(', ') || 'none'}`
    return [{ file: `test/${tier.name}`, name: '(tier)', outcome: 'failed', message }]
  }
  const silent = filesWithoutTests(files, results)
  const ended: TestResult = { file: `test/${tier.name}`, name: '(process)', outcome: 'failed', message: `the test process ended with ${JSON.stringify(end)}` }
  // It took the tests that were to come with it.
  if (end.kind === 'signal') return [ended, ...silent]
  const isGood = end.kind === 'exit' && end.code === 0
  return isGood || silent.length > 0 || results.some((result) => result.outcome === 'failed') ? silent : [ended]
}

/** What is wrong with a tier besides its failed tests. */
export function complaints(report: TierReport, isCi: boolean): string[] {
  const { tier, seconds, passes } = report
  const found: string[] = []
  if (passes.length === 0) found.push(`${tier.name}: no runtime for its tests; install Node >= 22.22 (or >= 24.6)`)
  if (seconds > tier.budgetSeconds) found.push(`${tier.name}: took ${seconds.toFixed(1)} s, its budget is ${tier.budgetSeconds} s`)
  const skipped = passes.flatMap((pass) => pass.results.filter((result) => result.outcome === 'skipped'))
  if (isCi) for (const result of skipped) found.push(`${tier.name}: skipped under CI: ${result.file} > ${result.name}`)
  return found
}

// Run summary: what a run came to, for newcomers and for programs.
import { relative } from 'node:path'
import { totalmem } from 'node:os'
import type { Expectation } from '../../system/authoring/scenario.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import type { Totals } from '../../system/inspect/totals.ts'
import type { Look } from '../node/look.ts'
import type { RunEnd } from '../node/run.ts'
import { DATA } from './data-folder.ts'
import type { Paint } from './io.ts'
import { rounded, statesObject } from './progress.ts'
import { stateCounts, lossText } from './progress-lines.ts'
import { bytes, counted, duration, grouped, milliseconds, short } from './text.ts'

export interface RunFacts {
  readonly end: RunEnd
  readonly folder: string
  readonly system: SystemDefinition
  /** Nothing is fed: the system takes what others append, until it is stopped. */
  readonly isLive: boolean
  readonly elapsedMs: number
  /** Events consumed by this process, and fed by all. */
  readonly consumedHere: number
  readonly fed: number
  readonly total: number | undefined
  readonly commitP50Ms: number
  readonly commitP99Ms: number
  readonly states: Look['occupancy']
  /** Entities that stand still. */
  readonly parked: number
  /** Over all processes that ran the folder. */
  readonly totals: Totals
  readonly conclusion: readonly string[]
  readonly expectation: Expectation | undefined
  readonly tryNext: readonly string[]
}

export function summaryLines(facts: RunFacts, paint: Paint): readonly string[] {
  const { end, system, states, parked, totals, conclusion, expectation, tryNext } = facts
  const label = (name: string): string => paint('bold', name.padEnd(13))
  const types = system.actors.map((actor) => `${label(actor.name)} ${stateCounts(states.get(actor.name) ?? new Map())}`)
  return [
    firstLine(facts, paint),
    '',
    `${label('commits')} ${grouped(totals.commits)} · p50 ${milliseconds(facts.commitP50Ms)} · p99 ${milliseconds(facts.commitP99Ms)}${totals.leases > system.actors.length * system.partitions ? ` · ${grouped(totals.leases)} leases` : ''}`,
    ...types,
    `${label('decisions')} ${grouped(totals.decisions)}   ${lossText({ deadLetters: totals.verdicts, drops: totals.drops })}`,
    ...(parked === 0 ? [] : [`${label('parked')} ${counted(parked, 'entity', 'entities')}, ${parked === 1 ? 'its' : 'their'} events are put aside: ${typed('statelog parked list', facts.folder)}`]),
    `${label('order')} ${system.actors.map((actor) => `${actor.name} by ${actor.order === 'eventTime' ? 'event time' : 'arrival'}`).join(', ')}`,
    ...(conclusion.length === 0 ? [] : ['', ...conclusion]),
    ...(expectation === undefined ? [] : ['', ...expectationLines(expectation, paint)]),
    ...(end.kind === 'consumed' && end.note !== undefined ? ['', paint('yellow', end.note)] : []),
    ...(tryNext.length === 0 ? [] : ['', 'try next', ...tryNext.map((command) => `  ${paint('cyan', typed(command, facts.folder))}`)]),
  ]
}

function firstLine({ end, isLive, elapsedMs, consumedHere, fed, total }: RunFacts, paint: Paint): string {
  const rate = `${grouped(consumedHere)} events in ${duration(elapsedMs)}, ${short((consumedHere * 1000) / Math.max(1, elapsedMs))}/s, at most ${bytes(peakRssBytes())} of memory`
  switch (end.kind) {
    case 'failed': return `${paint('red', 'failed')}: ${end.reason}\n${rate}; what was committed stands. Look closer with: statelog doctor`
    case 'interrupted': return isLive ? `${paint('yellow', 'stopped')}: ${rate}; run the same command again to go on.` : `${paint('yellow', 'interrupted')}: ${rate}. ${grouped(fed)}${total === undefined ? '' : ` of ${grouped(total)}`} events are fed; run the same command again to go on.`
    case 'consumed': return isLive ? `${paint('green', 'stopped in time')}: ${rate}` : end.fed === 'ended' ? `${paint('green', 'done')}: ${rate}` : `${paint('green', 'stopped in time')}: ${rate}. ${total === undefined ? '' : `${grouped(fed)} of ${grouped(total)} events are fed; run again to go on.`}`
  }
}

function expectationLines({ compared, different, summary, examples }: Expectation, paint: Paint): readonly string[] {
  const isMet = different === 0 && compared > 0
  return [`${isMet ? paint('green', 'as expected') : paint('red', 'not as expected')}: ${summary}`, ...examples.map((example) => `  ${example}`)]
}

export function isMet(expectation: Expectation | undefined): boolean {
  return expectation === undefined || (expectation.different === 0 && expectation.compared > 0)
}

/** A command as it can be typed here: in a clone or a project, through npm; with the folder unless it is found by itself. */
export function typed(command: string, folder: string): string {
  const isFound = !relative(DATA, folder).startsWith('..')
  return `${command.replace(/^statelog /, called())}${isFound ? '' : ` --folder ${folder}`}`
}

function called(): string {
  const event = process.env['npm_lifecycle_event']
  if (event === undefined) return 'statelog '
  return event === 'npx' ? 'npx statelog ' : 'npm run --silent statelog -- '
}

/** Most memory the process ever held, bytes. */
export function peakRssBytes(): number {
  const peak = process.resourceUsage().maxRSS
  // Kilobytes by the book; some systems and versions answer bytes.
  return peak * 1024 > totalmem() ? peak : peak * 1024
}

export function summaryObject(facts: RunFacts): Record<string, unknown> {
  const { end, folder, system, elapsedMs, consumedHere, fed, total, totals, conclusion, expectation, tryNext } = facts
  return {
    outcome: end.kind, ...(end.kind === 'failed' ? { reason: end.reason } : {}), ...(end.kind === 'consumed' ? { feed: end.fed, ...(end.note === undefined ? {} : { note: end.note }) } : {}),
    folder, system: system.name, partitions: system.partitions, elapsedMs: Math.round(elapsedMs), events: consumedHere, fed, total: total ?? null,
    ratePerS: Math.round((consumedHere * 1000) / Math.max(1, elapsedMs)), peakRssBytes: peakRssBytes(), commitP50Ms: rounded(facts.commitP50Ms), commitP99Ms: rounded(facts.commitP99Ms),
    commits: totals.commits, inputs: totals.inputs, decisions: totals.decisions, deadLetters: Object.fromEntries(totals.verdicts), drops: Object.fromEntries(totals.drops),
    states: statesObject(facts.states), parked: facts.parked, order: Object.fromEntries(system.actors.map((actor) => [actor.name, actor.order])),
    conclusion, expectation: expectation ?? null, tryNext,
  }
}

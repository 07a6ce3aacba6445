// Top lines: a watched system in words: a table that is redrawn on a terminal, one line for logs.
import type { FlowDocument, PartitionRow, TypeFlow } from '../../system/gateway/flow-document.ts'
import type { FlowMeter, Rates } from './flow-meter.ts'
import type { Paint } from './io.ts'
import { counts, cut, grouped, line, milliseconds, short, spaced, table, time } from './text.ts'

const OWNER_LENGTH = 8
const STATE_LENGTH_MAX = 40
/** Configurations and transitions of a type that are named. */
const NAMED_MAX = 6
const COLUMNS = ['TYPE', 'PARTITION', 'STATE', 'OWNER', 'LAG', 'IN/S', 'ENTITIES', 'PARKED', 'DEAD', 'COMMIT P50', 'P99', 'WATERMARK'] as const

export interface TopView {
  readonly document: FlowDocument
  readonly meter: FlowMeter
  /** Why what is shown is not of now; '' where it is. */
  readonly trouble: string
}

/** At most `linesMax` lines: partitions that are not live come first where not all have room. */
export function topTable({ document, meter, trouble }: TopView, paint: Paint, linesMax = Infinity): readonly string[] {
  const types = Object.entries(document.types).map(([type, flow]) => ({ type, flow, rates: meter.rates(type) }))
  const states = types.flatMap(({ type, flow, rates }) => typeLines(type, flow, rates, paint))
  const rows = types.flatMap(({ type, flow, rates }) => Object.entries(flow.partitions).map(([index, row]) => ({ row, cells: cellsOf(type, index, row, rates) })))
  const head = [headLine(document, types), ...(trouble === '' ? [] : [paint('yellow', trouble)]), '']
  const room = Math.max(1, linesMax - head.length - states.length - 3)
  const shown = rows.length <= room ? rows : [...rows.filter(({ row }) => row.state !== 'live'), ...rows.filter(({ row }) => row.state === 'live')].slice(0, room)
  const [titles = '', ...lines] = table([COLUMNS, ...shown.map(({ cells }) => cells)])
  const partitions = lines.map((text, at) => (shown[at]?.row.state === 'live' ? text : paint('yellow', text)))
  const left = rows.length - shown.length
  return [...head, paint('dim', titles), ...partitions, ...(left > 0 ? [paint('dim', `and ${left} more`)] : []), '', ...states].slice(0, linesMax)
}

/** One line for a log. */
export function topLine({ document, meter, trouble }: TopView): string {
  const types = Object.entries(document.types).map(([type, flow]) => ({ type, flow, rates: meter.rates(type) }))
  return [headLine(document, types), ...types.map(({ type, flow }) => `${spaced(type)}: ${occupancyText(flow)}`), ...(trouble === '' ? [] : [trouble])].join('  ')
}

interface Shown {
  readonly type: string
  readonly flow: TypeFlow
  readonly rates: Rates
}

function headLine({ system, at }: FlowDocument, types: readonly Shown[]): string {
  const rows = types.flatMap(({ flow }) => Object.values(flow.partitions))
  const live = rows.filter(({ state }) => state === 'live').length
  const sum = (count: (shown: Shown) => number): number => types.reduce((total, shown) => total + count(shown), 0)
  const lag = rows.reduce((total, row) => total + lagOf(row), 0)
  const p99 = Math.max(0, ...rows.map(({ commitMs }) => commitMs?.p99 ?? 0))
  return [
    system, time(Math.floor(at / 1000) * 1000), `${live} of ${rows.length} partitions live`, `${rate(sum(({ rates }) => rates.inputs))} in/s`, `${rate(sum(({ rates }) => rates.outputs))} out/s`,
    `lag ${short(lag)}`, `commit p99 ${milliseconds(p99)}`, `dead letters ${short(sum(({ flow }) => flow.deadLetters))}`,
  ].join(' · ')
}

function typeLines(type: string, flow: TypeFlow, rates: Rates, paint: Paint): readonly string[] {
  const name = paint('bold', spaced(type))
  const lines = [`${name}  ${grouped(flow.entities)} entities: ${occupancyText(flow)}`]
  if (rates.taken.length > 0) lines.push(`  taken/s  ${some(rates.taken.map(([id, perSecond]) => `${line(id, STATE_LENGTH_MAX)} ${rate(perSecond)}`))}`)
  if (rates.decisions > 0) lines.push(`  decisions/s  ${rate(rates.decisions)}`)
  if (flow.deadLetters > 0) lines.push(paint('yellow', `  dead letters  ${counts(Object.entries(flow.refused))}`))
  return lines
}

function occupancyText({ occupancy }: TypeFlow): string {
  const fullest = Object.entries(occupancy).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return fullest.length === 0 ? 'none yet' : some(fullest.map(([configuration, count]) => `${line(spaced(configuration), STATE_LENGTH_MAX)} ${grouped(count)}`))
}

function some(texts: readonly string[]): string {
  return texts.slice(0, NAMED_MAX).join(' · ') + (texts.length > NAMED_MAX ? ` and ${texts.length - NAMED_MAX} more` : '')
}

function cellsOf(type: string, index: string, row: PartitionRow, rates: Rates): readonly string[] {
  const { state, reason, owner = '', entities, parked, deadLetters, commitMs, watermarkMs } = row
  const known = (text: string): string => (row.epoch === undefined ? '' : text)
  return [
    type, index, state, line(cut(owner, OWNER_LENGTH), OWNER_LENGTH), row.lag === undefined ? '' : short(lagOf(row)), known(rate(rates.partitions.get(index) ?? 0)),
    entities === undefined ? '' : grouped(entities), parked === undefined ? '' : grouped(parked), grouped(deadLetters),
    commitMs === undefined ? '' : milliseconds(commitMs.p50), commitMs === undefined ? '' : milliseconds(commitMs.p99),
    reason === '' ? (watermarkMs === undefined ? '' : time(watermarkMs)) : line(reason, 80),
  ]
}

const rate = (perSecond: number): string => (perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : short(perSecond))

const lagOf = ({ lag }: PartitionRow): number => Math.max(0, (lag?.sources ?? 0) + (lag?.inbox ?? 0))

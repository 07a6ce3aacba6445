// Gaps: how long each client was without an answer after each fault, beside how long the partition was without a commit.
import type { Asker } from './asker.ts'
import { journalOf } from './judge.ts'
import { FAULTS } from './trial.ts'
import type { Fault, Trial } from './trial.ts'

export interface Gap {
  readonly kind: Fault['kind']
  readonly carrier: string
  readonly partition: number
  /** From the fault until the first commit with new inputs, by whoever has the partition then, ms. */
  readonly recoveryMs: number
  /** Between the last answer before and the first one after, ms. */
  readonly gapMs: number
  /** Of that, what went by after the recovery in questions that nobody answered at all: they had gone to a process that stood still. */
  readonly silentMs: number
}

export function gapsOf({ faults, askers, dump }: Trial): readonly Gap[] {
  return faults.flatMap((fault) => fault.lost.flatMap((partition) => {
    const entries = journalOf(dump, partition)
    const before = entries.findLast(({ nowMs }) => nowMs <= fault.atMs)?.epoch ?? 0
    const isAfter = (epoch: number, ms: number): boolean => ms > fault.atMs && (epoch > before || ms >= (fault.onMs ?? Infinity))
    const recovered = entries.find(({ epoch, nowMs, inputs }) => inputs.length > 0 && isAfter(epoch, nowMs))
    if (recovered === undefined) throw new TypeError(`partition ${partition} never went on after it was ${fault.kind}`)
    return askers.filter(({ name }) => name.endsWith(` ${partition}`)).map((asker): Gap => ({ kind: fault.kind, carrier: asker.name.split(' ')[0] ?? '', partition, recoveryMs: recovered.nowMs - fault.atMs, ...gapOf(asker, recovered.nowMs, isAfter) }))
  }))
}

function gapOf({ name, answers, misses }: Asker, recoveredMs: number, isAfter: (epoch: number, ms: number) => boolean): Pick<Gap, 'gapMs' | 'silentMs'> {
  const at = answers.findIndex(({ epoch, gotMs }) => isAfter(epoch, gotMs))
  const [last, first] = [answers[at - 1], answers[at]]
  if (last === undefined || first === undefined) throw new TypeError(`${name} was told nothing before or after`)
  const silent = misses.filter(({ kind, askedMs, gotMs }) => kind === 'silent' && askedMs > last.gotMs && gotMs < first.gotMs)
  return { gapMs: first.gotMs - last.gotMs, silentMs: silent.reduce((sum, { askedMs, gotMs }) => sum + Math.max(0, gotMs - Math.max(askedMs, recoveredMs)), 0) }
}

const at = (values: readonly number[], share: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN

export function tableOf(gaps: readonly Gap[]): string {
  const rows = FAULTS.flatMap((kind) => [...Map.groupBy(gaps.filter((gap) => gap.kind === kind), ({ carrier }) => carrier)].map(([carrier, some]) => {
    const of = (read: (gap: Gap) => number): string => `${at(some.map(read), 0.5)}, ${at(some.map(read), 1)}`
    return [kind, carrier, String(some.length), of(({ recoveryMs }) => recoveryMs), of(({ gapMs }) => gapMs), of(({ gapMs, recoveryMs }) => gapMs - recoveryMs), of(({ silentMs }) => silentMs)]
  }))
  return [['an owner is', 'asked over', 'times', 'without a commit', 'without an answer', 'difference', 'of it unheard'], ['---', '---', '---', '---', '---', '---', '---'], ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

// Checker: judges a log by recomputing everything from its sources. Imports neither engine nor partition; takes from the journal only how
// inputs were cut into batches, in which order they came, and which processing-time firings happened when (checked against what was armed).
import { isDeepStrictEqual } from 'node:util'
import { AnswerJudge } from './checker-answers.ts'
import type { GivenAnswers } from './checker-answers.ts'
import { PlainFold } from './checker-fold.ts'
import type { Folded } from './checker-fold.ts'
import { arrivalsOf, checkPositions, readJournal } from './checker-journal.ts'
import { checkLetters, checkOutputs, checkPromises, checkResults, checkTells } from './checker-outputs.ts'
import { Report } from './checker-report.ts'
import { checkStates } from './checker-states.ts'
import { plainTypes } from './checker-types.ts'
import type { PlainType } from './checker-types.ts'
import { textOf } from './checker-codec.ts'
import { recordsBetween } from './dump.ts'
import type { LogDump } from './dump.ts'
import type { Variant } from './variant.ts'

/** The runtime's own bound on releases of one batch. */
const RELEASES_MAX = 5000

export interface CheckOptions {
  readonly variant: Variant
  /** The run came to the end of its inputs and was drained: positions stand at the ends, states are on the state topic. */
  readonly isFinished: boolean
  /** What was answered about entities meanwhile. */
  readonly answers?: GivenAnswers
}

/** Judges everything in the dump. */
export function check(dump: LogDump, options: CheckOptions): Report {
  const report = new Report()
  const types = plainTypes(options.variant)
  const folded = types.flatMap((type) => Array.from({ length: options.variant.partitions }, (_, partition) => ({ type, partition, folded: foldPartition(dump, type, partition, options, report) })))
  for (const type of types) {
    const senders = folded.map(({ type: sender, partition, folded: commits }) => ({ sender: `${sender.group}/${partition}`, folded: commits }))
    checkTells(dump, type, senders, report)
    checkPromises(dump, type, senders, report)
    const started = new Map(folded.filter((one) => one.type === type).flatMap((one) => one.folded.flatMap(({ tasks }) => [...tasks])))
    checkResults(dump, type, started, report)
    checkHomes(dump, type, report)
  }
  return report
}

function foldPartition(dump: LogDump, type: PlainType, partition: number, options: CheckOptions, report: Report): readonly Folded[] {
  const at = `${type.group}/${partition}`
  const entries = readJournal(dump, type, partition, report)
  checkPositions(dump, type, partition, entries, options.isFinished, report)
  const fold = new PlainFold(type, partition, {
    refusals: options.variant.refusals === true, releasesMax: options.variant.releasesMax ?? RELEASES_MAX,
    recordAt: (topic, offset) => recordsBetween(dump.topics.get(topic)?.[partition] ?? [], offset, offset + 1)[0],
  })
  const folded: Folded[] = []
  const judge = new AnswerJudge(options.answers ?? { all: [], proofMsMax: 0 }, type, partition, entries, report)
  for (const entry of entries) {
    if (entry.kind !== 'batch') {
      judge.after(entry, fold.entities)
      continue
    }
    const commit = fold.fold(entry, arrivalsOf(dump, type, partition, entry))
    report.count('batches')
    report.count('inputs', entry.inputs.reduce((sum, range) => sum + range.n, 0))
    for (const [reason, times] of commit.drops) report.count(`dropped: ${reason}`, times)
    report.count('firings', entry.firings.length)
    for (const fault of commit.faults) report.blame('I5', `${at}: seq ${entry.seq}: ${fault}`)
    if (!isDeepStrictEqual(new Map(entry.drops), commit.drops)) report.blame('I1', `${at}: seq ${entry.seq} counts the drops ${JSON.stringify([...entry.drops])}, must be ${JSON.stringify([...commit.drops])}`)
    const verdicts = entry.verdicts.map((verdict) => `${verdict.input} ${verdict.class}`).sort()
    if (!isDeepStrictEqual(verdicts, [...commit.verdicts].sort())) report.blame('I8', `${at}: seq ${entry.seq} has the verdicts ${verdicts.join(', ')}, must be ${commit.verdicts.join(', ')}`)
    judge.after(entry, fold.entities)
    folded.push(commit)
  }
  judge.end()
  checkOutputs(dump, type, partition, folded, report)
  checkLetters(dump, type, partition, folded, report)
  if (options.isFinished) checkEnd(dump, type, partition, fold, entries.at(-1)?.nowMs ?? 0, report)
  return folded
}

/** A finished run owes nothing: states are stored, nothing overdue is still armed. */
function checkEnd(dump: LogDump, type: PlainType, partition: number, fold: PlainFold, nowMs: number, report: Report): void {
  checkStates(dump, type, partition, fold.entities, report)
  const overdueMs = 10_000
  for (const due of fold.dueBy(nowMs - overdueMs)) report.blame('I1', `${type.group}/${partition}: ${due.entity}: ${due.id === '' ? 'its end' : due.id} was due ${nowMs - due.dueMs} ms before the end and never came`)
  for (const entity of fold.entities.values()) if (entity.holds.length > 0) report.blame('I1', `${type.group}/${partition}: '${entity.id}' still holds ${entity.holds.length} events`)
}

/** I3 needs it: all records of one entity stand in one partition. */
function checkHomes(dump: LogDump, type: PlainType, report: Report): void {
  const homes = new Map<string, number>()
  for (const topic of [...type.inputs, type.output, type.state]) {
    dump.topics.get(topic)?.forEach((records, partition) => {
      for (const record of records) {
        const key = textOf(record.key)
        if (key === undefined) continue
        const home = homes.get(key) ?? partition
        homes.set(key, home)
        if (home !== partition) report.blame('I3', `${topic}/${partition}: '${key}' also stands in partition ${home}`)
      }
    })
  }
}

// Judge: what askers were told, against what the records of the log come to. Folds the ledgers by itself: from the journal it takes how inputs were cut into commits, and
// who had the partition.
import { isDeepStrictEqual } from 'node:util'
import { readEntry } from '../chaos/checker-codec.ts'
import type { Entry } from '../chaos/checker-codec.ts'
import { recordsBetween } from '../chaos/dump.ts'
import type { LogDump } from '../chaos/dump.ts'
import type { Answer } from './asker.ts'

export const JOURNAL = 'ledgers.ledger.journal'
export const SOURCE = 'entries'

interface Ledger {
  readonly changedSeq: number
  readonly configuration: string
  readonly context: { readonly entries: number; readonly sum: number; readonly last: number }
}

export function journalOf(dump: LogDump, partition: number): readonly Entry[] {
  return (dump.topics.get(JOURNAL)?.[partition] ?? []).flatMap((record) => readEntry(record) ?? [])
}

/** What is wrong; nothing, if all is well. `sessionMs`: after which an owner that is not heard of has its partition no more. */
export function judge(dump: LogDump, answers: readonly Answer[], sessionMs: number): readonly string[] {
  const partitions = Map.groupBy(answers, ({ partition }) => partition)
  return [...[...partitions].flatMap(([partition, given]) => wrongIn(dump, partition, given, sessionMs)), ...wrongOrder(answers)]
}

function wrongIn(dump: LogDump, partition: number, answers: readonly Answer[], sessionMs: number): readonly string[] {
  const wrong: string[] = []
  const blame = (answer: Answer, what: string): void => void wrong.push(`${answer.client}: ${answer.id} at ${partition}/${answer.epoch}.${answer.seq} ${what}`)
  const entries = journalOf(dump, partition)
  const begun = new Map(entries.filter(({ kind }) => kind === 'lease').map(({ epoch, nowMs }) => [epoch, nowMs]))
  const left = Map.groupBy(answers, ({ seq }) => seq)
  const ledgers = new Map<string, Ledger>()
  for (const entry of entries) {
    for (const { topic, from, to } of entry.inputs) if (topic === SOURCE) for (const { key, value } of recordsBetween(dump.topics.get(SOURCE)?.[partition] ?? [], from, to)) take(ledgers, String(Buffer.from(key ?? [])), Buffer.from(value ?? []), entry.seq)
    for (const answer of left.get(entry.seq) ?? []) {
      const { epoch, life, askedMs, changedSeq, configuration, context } = answer
      if (epoch !== entry.epoch || life !== entry.life) blame(answer, `names a commit of epoch ${entry.epoch}, life ${entry.life}`)
      const ledger = ledgers.get(answer.id)
      if (!isDeepStrictEqual([configuration, context], [ledger?.configuration, ledger?.context])) blame(answer, `shows ${configuration} ${JSON.stringify(context)}, is ${JSON.stringify(ledger)}`)
      // Read back, it names the commit that stored it.
      if (changedSeq < (ledger?.changedSeq ?? 0) || changedSeq > entry.seq) blame(answer, `shows what commit ${changedSeq} changed, that was ${ledger?.changedSeq}`)
      const nextMs = begun.get(epoch + 1) ?? Infinity
      if (askedMs > nextMs + sessionMs / 2) blame(answer, `was asked for ${askedMs - nextMs} ms after the next owner had begun`)
    }
    left.delete(entry.seq)
  }
  for (const unknown of left.values()) for (const answer of unknown) blame(answer, 'names a commit that is not there')
  return wrong
}

function take(ledgers: Map<string, Ledger>, id: string, value: Buffer, seq: number): void {
  const { amount, nth } = JSON.parse(String(value)) as { readonly amount: number; readonly nth: number }
  const { entries, sum } = ledgers.get(id)?.context ?? { entries: 0, sum: 0 }
  ledgers.set(id, { changedSeq: seq, configuration: entries % 2 === 0 ? 'odd' : 'even', context: { entries: entries + 1, sum: sum + amount, last: nth } })
}

/** Whoever asks after an answer was given, to whomever, is told nothing older. So it is for each client by itself, too. */
function wrongOrder(answers: readonly Answer[]): readonly string[] {
  return [...Map.groupBy(answers, ({ partition }) => partition)].flatMap(([partition, given]) => {
    const wrong: string[] = []
    const got = given.toSorted((a, b) => a.gotMs - b.gotMs)
    let next = 0
    let newest: Answer | undefined
    for (const answer of given.toSorted((a, b) => a.askedMs - b.askedMs)) {
      for (let before = got[next]; before !== undefined && before.gotMs < answer.askedMs; before = got[next += 1]) if (newest === undefined || isBefore(newest, before)) newest = before
      if (newest !== undefined && isBefore(answer, newest)) wrong.push(`${answer.client}: ${answer.id} of partition ${partition} is told at ${answer.epoch}.${answer.seq} after ${newest.client} was told at ${newest.epoch}.${newest.seq}`)
    }
    return wrong
  })
}

const isBefore = (a: Answer, b: Answer): boolean => a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq)

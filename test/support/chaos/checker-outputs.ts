// What stands in outputs, inboxes and dead-letter topics against what the fold says must stand there.
import { isDeepStrictEqual } from 'node:util'
import { readInbox, readLetter, textOf } from './checker-codec.ts'
import type { Folded, FoldedOutput, FoldedTell } from './checker-fold.ts'
import type { Report } from './checker-report.ts'
import type { PlainType } from './checker-types.ts'
import type { LogDump } from './dump.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'

const headerText = (record: LogRecord, name: string): string | undefined => textOf(record.headers.find(([one]) => one === name)?.[1] ?? null)

/** How often each id stands there. I2: never twice; I1, I4: never not at all; nothing that nobody wrote. */
function checkIds(what: string, expected: readonly { readonly seq: number; readonly ids: readonly string[] }[], actual: readonly string[], report: Report): void {
  const counted = new Map<string, number>()
  for (const id of actual) counted.set(id, (counted.get(id) ?? 0) + 1)
  for (const [id, times] of counted) if (times > 1) report.blame('I2', `${what}: ${id} stands there ${times} times`)
  const known = new Set<string>()
  for (const { seq, ids } of expected) {
    const missing = ids.filter((id) => !counted.has(id))
    if (ids.length > 1 && missing.length === ids.length) report.blame('I4', `${what}: nothing of seq ${seq} is there (${ids.length} records, the first is ${ids[0]})`)
    else for (const id of missing) report.blame('I1', `${what}: ${id} of seq ${seq} is missing`)
    for (const id of ids) known.add(id)
  }
  for (const id of counted.keys()) if (!known.has(id)) report.blame('I4', `${what}: ${id} follows from no journalled input`)
}

/** I3: what both have stands in the same order. */
function checkOrder(what: string, expected: readonly string[], actual: readonly string[], report: Report): void {
  const place = new Map(expected.map((id, index) => [id, index]))
  let before = -1
  for (const id of new Set(actual)) {
    const index = place.get(id)
    if (index === undefined) continue
    if (index < before) report.blame('I3', `${what}: ${id} stands behind ${expected[before]}, which was caused later`)
    before = Math.max(before, index)
  }
}

export function checkOutputs(dump: LogDump, type: PlainType, partition: number, folded: readonly Folded[], report: Report): void {
  const what = `${type.output}/${partition}`
  const records = dump.topics.get(type.output)?.[partition] ?? []
  const actual = records.map((record) => headerText(record, 'ce_id') ?? `no id at offset ${record.offset}`)
  checkIds(what, folded.map(({ seq, outputs }) => ({ seq, ids: outputs.map(({ id }) => id) })), actual, report)
  checkOrder(what, folded.flatMap(({ outputs }) => outputs.map(({ id }) => id)), actual, report)
  const byId = new Map<string, FoldedOutput>(folded.flatMap(({ outputs }) => outputs.map((output) => [output.id, output])))
  records.forEach((record, index) => {
    const expected = byId.get(actual[index] ?? '')
    if (expected === undefined) return
    report.count('outputs')
    const found = `${textOf(record.key)} ${headerText(record, 'ce_type')} ${headerText(record, 'ce_time')} ${textOf(record.value)}`
    const wanted = `${expected.entity} ${expected.type} ${new Date(expected.timeMs).toISOString()} ${expected.payload}`
    if (found !== wanted) report.blame('I5', `${what}: ${expected.id} is ${found}, must be ${wanted}`)
  })
}

/** Tells of all partitions to one type. Their partition is the one where the entity's other records stand. */
export function checkTells(dump: LogDump, target: PlainType, folded: readonly { readonly sender: string; readonly folded: readonly Folded[] }[], report: Report): void {
  const told = folded.flatMap(({ sender, folded: commits }) => commits.map((commit) => ({ sender, seq: commit.seq, tells: commit.tells.filter((tell) => tell.target === target.name) })))
  const partitions = dump.topics.get(target.inbox) ?? []
  const items = partitions.map((records) => records.map((record) => ({ record, item: readInbox(record) })))
  const found = items.flat()
  const actual = found.flatMap(({ item }) => (item?.kind === 'tell' ? [item.id] : []))
  checkIds(target.inbox, told.map(({ seq, tells }) => ({ seq, ids: tells.map(({ id }) => id) })), actual, report)
  const byId = new Map<string, FoldedTell & { readonly sender: string }>(told.flatMap(({ sender, tells }) => tells.map((tell) => [tell.id, { ...tell, sender }])))
  for (const { record, item } of found) {
    const expected = item?.kind === 'tell' ? byId.get(item.id) : undefined
    if (item?.kind !== 'tell' || expected === undefined) continue
    report.count('tells')
    const isSame = textOf(record.key) === expected.to && item.sender === expected.sender && item.timeMs === expected.timeMs && item.source === expected.source && item.sourceId === expected.sourceId && isDeepStrictEqual(item.event, expected.event)
    if (!isSame) report.blame('I5', `${target.inbox}: ${item.id} is ${JSON.stringify(item)} to ${textOf(record.key)}, must be ${JSON.stringify(expected)}`)
  }
  for (const { sender, folded: commits } of folded) {
    const ids = commits.flatMap((commit) => commit.tells.filter((tell) => tell.target === target.name).map(({ id }) => id))
    items.forEach((read, partition) => checkOrder(`${target.inbox}/${partition} from ${sender}`, ids, read.flatMap(({ item }) => (item?.kind === 'tell' && item.sender === sender ? [item.id] : [])), report))
  }
}

/** I3: what a sender promised about time it kept: no later tell is older, but those that late events caused. */
export function checkPromises(dump: LogDump, target: PlainType, folded: readonly { readonly folded: readonly Folded[] }[], report: Report): void {
  const late = new Set(folded.flatMap((sender) => sender.folded.flatMap(({ tells }) => tells.filter((tell) => tell.isLate).map(({ id }) => id))))
  dump.topics.get(target.inbox)?.forEach((records, partition) => {
    const promised = new Map<string, number>()
    for (const record of records) {
      const item = readInbox(record)
      if (item === undefined || item.kind === 'result' || item.watermark === undefined) continue
      const before = promised.get(item.sender) ?? -Infinity
      if (item.kind === 'tell' && item.timeMs < before && !late.has(item.id)) report.blame('I3', `${target.inbox}/${partition}: ${item.id} of ${item.timeMs} after ${item.sender} promised ${before}`)
      promised.set(item.sender, Math.max(before, item.watermark))
    }
  })
}

/** Task results are those of tasks that were started, with the right value; every started one that was waited for came. */
export function checkResults(dump: LogDump, type: PlainType, started: ReadonlyMap<string, number>, report: Report): void {
  for (const records of dump.topics.get(type.inbox) ?? []) {
    for (const record of records) {
      const item = readInbox(record)
      if (item?.kind !== 'result') continue
      report.count('task results')
      const n = started.get(item.key)
      if (n === undefined) report.blame('I4', `${type.inbox}: a result of task ${item.key}, which no committed step started`)
      else if (!isDeepStrictEqual(item.value, { doubled: 2 * n + 1 })) report.blame('I5', `${type.inbox}: task ${item.key} answered ${JSON.stringify(item.value)}`)
    }
  }
}

/** I8: each refused input stands in its dead-letter topic exactly once, with class and bytes. */
export function checkLetters(dump: LogDump, type: PlainType, partition: number, folded: readonly Folded[], report: Report): void {
  for (const topic of type.inputs) {
    const what = `${topic}.dlq/${partition}`
    const expected = new Map(folded.flatMap(({ letters }) => letters.filter((letter) => letter.topic === topic).map((letter) => [letter.timer ?? String(letter.offset), letter])))
    const seen = new Set<string>()
    for (const record of dump.topics.get(`${topic}.dlq`)?.[partition] ?? []) {
      const letter = readLetter(record)
      const name = letter?.timer ?? String(letter?.offset)
      const wanted = expected.get(name)
      report.count('dead letters')
      if (letter === undefined || wanted === undefined) report.blame('I8', `${what}: a letter for ${name}, which was not refused`)
      else if (seen.has(name)) report.blame('I8', `${what}: two letters for ${name}`)
      else if (letter.class !== wanted.class) report.blame('I8', `${what}: ${name} has class ${letter.class}, must be ${wanted.class}`)
      else if (wanted.record !== undefined && !(isDeepStrictEqual(record.value, wanted.record.value) && isDeepStrictEqual(record.key, wanted.record.key))) report.blame('I8', `${what}: ${name} has not the bytes of its input`)
      seen.add(name)
    }
    for (const name of expected.keys()) if (!seen.has(name)) report.blame('I8', `${what}: no letter for ${name}`)
  }
}

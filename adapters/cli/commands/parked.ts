// `statelog parked`: entities that stand still, why, and the events that are put aside for them.
import { entityId } from '../../../system/inspect/query.ts'
import { letterAt } from '../../../system/inspect/letters.ts'
import type { Letter } from '../../../system/inspect/letters.ts'
import { parkedEntities, putAside } from '../../../system/inspect/parked.ts'
import type { ParkedEntity, PutAside } from '../../../system/inspect/parked.ts'
import { valueObject } from '../../../system/inspect/value-words.ts'
import { OperationError } from '../../../system/protocol/failures.ts'
import { partitionOf } from '../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../system/protocol/utf8.ts'
import { cborCodec } from '../../cbor/codec.ts'
import { wallClock } from '../../memory/clock.ts'
import { actionOf, noMoreWords } from '../arguments.ts'
import type { Arguments, FlagValues } from '../arguments.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { shown, withFolder } from '../data-folder.ts'
import type { OpenFolder } from '../data-folder.ts'
import { entityWords, planOf } from '../entity-words.ts'
import { EXIT } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { letterLines, letterObject } from '../letter-words.ts'
import { valueLine } from '../record-words.ts'
import { bytes, counted, counts, cut, grouped, line, table, time } from '../text.ts'

export const parkedCommand: Command = {
  name: 'parked',
  summary: 'list the entities that stand still, or show what is put aside for one',
  usage: ['parked list [--limit <number>] [--folder <folder>] [--json]', 'parked show <type> <id> [--limit <number>] [--folder <folder>] [--json]'],
  about: [
    'An entity is parked where its actor type says so (onFailure), when its state outgrows its limit, and when recovery ends the process on it. It keeps',
    'its last good state; what comes for it is put aside, in order. `refold`: the event was applied before, and its outputs stand.',
  ],
  flags: { limit: { value: 'number', help: 'list: the newest so many, show: the first so many (default 20)' }, ...FOLDER_FLAG, ...JSON_FLAG },
  wordsMax: 3,
  examples: ['parked list', 'parked show card 12'],
  run: async ({ words: [action, ...words], flags }, io) => {
    if (actionOf('parked', action, ['list', 'show']) === 'show') return withFolder(flags.text('folder'), (open) => show(open, { words, flags }, io))
    noMoreWords(words)
    return withFolder(flags.text('folder'), (open) => list(open, flags, io))
  },
}

const limitOf = (flags: FlagValues): number => flags.number('limit', { min: 1, max: 1_000_000 }) ?? 20

async function list({ folder, log, plans }: OpenFolder, flags: FlagValues, io: Io): Promise<number> {
  const limit = limitOf(flags)
  const found: ParkedEntity[] = []
  for (const plan of plans.values()) {
    for (let partition = 0; partition < plan.partitions; partition += 1) found.push(...await parkedEntities({ log, codec: cborCodec, clock: wallClock }, plan, partition))
  }
  const newest = found.sort((a, b) => (b.sinceMs ?? 0) - (a.sinceMs ?? 0) || b.sinceSeq - a.sinceSeq).slice(0, limit)
  if (flags.has('json')) for (const entity of newest) io.out(JSON.stringify(entityObject(entity)))
  else if (found.length === 0) io.out(`no entity is parked in ${shown(folder)}`)
  else {
    const types = Map.groupBy(found, ({ type }) => type)
    io.out(`${io.paint('bold', `${counted(found.length, 'entity is', 'entities are')} parked`)} in ${shown(folder)}: ${counts([...types].map(([type, some]) => [type, some.length] as const))}${found.length > newest.length ? `; the newest ${newest.length}:` : ''}`)
    io.out('')
    const rows = newest.map((one) => [one.type, line(one.id, 60), one.class ?? '?', one.sinceMs === undefined ? '?' : time(one.sinceMs), String(one.sinceSeq), grouped(one.events), grouped(one.refold), bytes(one.bytes), String(one.partition)])
    table([['TYPE', 'ID', 'CLASS', 'SINCE', 'SEQ', 'EVENTS', 'REFOLD', 'SIZE', 'PARTITION'], ...rows]).forEach((text, at) => io.out(at === 0 ? io.paint('dim', text) : text))
  }
  return EXIT.ok
}

async function show({ folder, log, plans }: OpenFolder, { words, flags }: Arguments, io: Io): Promise<number> {
  const [type, id] = entityWords('parked show', words)
  noMoreWords(words.slice(2))
  const limit = limitOf(flags)
  const plan = planOf(plans, type)
  const parked = await parkedEntities({ log, codec: cborCodec, clock: wallClock }, plan, partitionOf(utf8Encode(entityId(id)), plan.partitions))
  const entity = parked.find((one) => one.id === id)
  if (entity === undefined) throw new OperationError('parked/missing', `${type} '${id}' is not parked in ${shown(folder)}. List who is: statelog parked list`)
  const { cause } = entity
  const letter = cause === undefined ? undefined : await letterAt(log, cause.topic, cause.partition, cause.offset)
  const records: PutAside[] = []
  for await (const record of putAside(log, plan, entity)) {
    records.push(record)
    if (records.length === limit) break
  }
  if (flags.has('json')) io.out(JSON.stringify({ ...entityObject(entity), cause: letter === undefined ? null : letterObject(letter), records: records.map(recordObject) }))
  else for (const text of lines(entity, letter, records, io)) io.out(text)
  return EXIT.ok
}

function lines(entity: ParkedEntity, letter: Letter | undefined, records: readonly PutAside[], io: Io): readonly string[] {
  const { type, id, partition, sinceSeq, sinceMs, events, refold } = entity
  const since = `since seq ${sinceSeq} of partition ${partition}${sinceMs === undefined ? '' : `, ${time(sinceMs)}`}`
  const rows = records.map(({ record, info }) => [info.topic, String(info.partition), String(info.offset), time(record.timestampMs), info.refold ? 'refold' : '-', valueLine(record.value, 4096)])
  return [
    `${io.paint('bold', `${type} ${line(id, 80)}`)}: parked ${since}, ${io.paint('red', entity.class ?? 'class not known')}`,
    '',
    ...(letter === undefined ? ['its dead letter has expired'] : letterLines(letter, io)),
    '',
    `${io.paint('bold', `${counted(events, 'event')} put aside`)}${refold === 0 ? '' : `, ${grouped(refold)} of them applied before (refold)`}${events > records.length ? `; the first ${grouped(records.length)} (--limit shows more):` : ''}`,
    ...(rows.length === 0 ? [] : ['', ...table([['TOPIC', 'PARTITION', 'OFFSET', 'PUT ASIDE', 'REFOLD', 'VALUE'], ...rows]).map((text, at) => (at === 0 ? io.paint('dim', text) : io.isTty ? cut(text, Math.max(80, io.columns() - 1)) : text))]),
  ]
}

function entityObject({ cause, ...entity }: ParkedEntity): Record<string, unknown> {
  return { ...entity, class: entity.class ?? null, sinceMs: entity.sinceMs ?? null, dlq: cause === undefined ? null : { topic: cause.topic, partition: cause.partition, offset: cause.offset } }
}

function recordObject({ record, info }: PutAside): Record<string, unknown> {
  return { topic: info.topic, partition: info.partition, offset: info.offset, seq: info.seq, refold: info.refold, timestampMs: record.timestampMs, parkedOffset: record.offset, value: valueObject(record.value) }
}

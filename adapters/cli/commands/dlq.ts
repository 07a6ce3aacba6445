// `statelog dlq`: inputs that were refused, with their cause and bytes.
import { deadLetterTopic, parseEntityId } from '../../../system/protocol/ids.ts'
import { OperationError } from '../../../system/protocol/failures.ts'
import { FAILURE_CLASSES } from '../../../system/protocol/failures.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'
import { utf8Decode } from '../../../system/protocol/utf8.ts'
import { readDeadLetter } from '../../../system/partition/dead-letters.ts'
import type { DeadLetterInfo } from '../../../system/partition/dead-letters.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import { cborCodec } from '../../cbor/codec.ts'
import { recordsOf } from '../../node/outputs.ts'
import type { Arguments, FlagValues } from '../arguments.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { shown, withFolder } from '../data-folder.ts'
import type { OpenFolder } from '../data-folder.ts'
import { jsonText, treeLines } from '../entity-words.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { didYouMean } from '../suggestion.ts'
import { counts, grouped, hexDump, line, printable, table, time } from '../text.ts'

export const dlqCommand: Command = {
  name: 'dlq',
  summary: 'list dead letters, or show one with its cause and bytes',
  usage: ['dlq list [--class <class>] [--topic <topic>] [--limit <number>] [--folder <folder>] [--json]', 'dlq show <topic> <partition> <offset> [--folder <folder>] [--json]'],
  about: ['Topic, partition and offset are those of the dead letter, as `dlq list` prints them.'],
  flags: {
    class: { value: 'class', help: 'only of this failure class', values: FAILURE_CLASSES },
    topic: { value: 'topic', help: 'only of this topic' },
    limit: { value: 'number', help: 'the newest so many (default 20)' },
    ...FOLDER_FLAG, ...JSON_FLAG,
  },
  wordsMax: 4,
  examples: ['dlq list --class schema', 'dlq show transactions.dlq 0 0'],
  run: async ({ words: [action, ...words], flags }, io) => {
    if (action === undefined || action === 'list') {
      if (words.length > 0) throw new UsageError(`'${words[0]}' is one word too many`)
      return withFolder(flags.text('folder'), (open) => list(open, flags, io))
    }
    if (action === 'show') return withFolder(flags.text('folder'), (open) => show(open, { words, flags }, io))
    throw new UsageError(`dlq cannot '${action}'${didYouMean(action, ['list', 'show'])}`)
  },
}

interface Letter {
  readonly topic: string
  readonly partition: number
  readonly record: LogRecord
  readonly info: DeadLetterInfo
}

const SHOWN_BYTES_MAX = 2048

async function list({ folder, log, plans }: OpenFolder, flags: FlagValues, io: Io): Promise<number> {
  const limit = flags.number('limit', { min: 1, max: 1_000_000 }) ?? 20
  const failureClass = flags.text('class')
  const classes = new Map<string, number>()
  let letters: Letter[] = []
  for (const topic of chosenTopics(plans, flags.text('topic'))) {
    for await (const { partition, record } of recordsOf(log, topic)) {
      const info = readDeadLetter(record)
      if (info === undefined || (failureClass !== undefined && info.class !== failureClass)) continue
      classes.set(info.class, (classes.get(info.class) ?? 0) + 1)
      letters.push({ topic, partition, record: { ...record, value: null }, info })
      if (letters.length >= 4 * limit + 1000) letters = newest(letters, limit)
    }
  }
  letters = newest(letters, limit)
  const total = [...classes.values()].reduce((sum, count) => sum + count, 0)
  if (flags.has('json')) for (const { topic, partition, record, info } of letters) io.out(JSON.stringify({ dlq: { topic, partition, offset: record.offset }, ...info }))
  else if (total === 0) io.out(`no dead letters${failureClass === undefined ? '' : ` of class ${failureClass}`} in ${shown(folder)}`)
  else {
    io.out(`${io.paint('bold', `${grouped(total)} dead letters`)} in ${shown(folder)}: ${counts(classes)}${total > letters.length ? `; the newest ${letters.length}:` : ''}`)
    io.out('')
    const rows = letters.map(({ topic, partition, record, info }) => [topic, String(partition), String(record.offset), info.class, info.entity ?? keyText(record), line(info.message, Math.max(40, io.columns() - 60))])
    table([['TOPIC', 'PARTITION', 'OFFSET', 'CLASS', 'ENTITY', 'WHY'], ...rows]).forEach((text, at) => io.out(at === 0 ? io.paint('dim', text) : text))
  }
  return EXIT.ok
}

function newest(letters: readonly Letter[], limit: number): Letter[] {
  return [...letters].sort((a, b) => b.info.lastMs - a.info.lastMs || a.partition - b.partition || b.record.offset - a.record.offset).slice(0, limit)
}

function chosenTopics(plans: ReadonlyMap<string, TypePlan>, named: string | undefined): readonly string[] {
  const topics = [...new Set([...plans.values()].flatMap((plan) => plan.inputs.map(deadLetterTopic)))]
  if (named === undefined) return topics
  const wanted = topics.includes(named) ? named : deadLetterTopic(named)
  if (topics.includes(wanted)) return [wanted]
  throw new UsageError(`there is no dead-letter topic '${named}'${didYouMean(named, topics)}\nTopics: ${topics.join(', ')}.`)
}

async function show({ log, plans }: OpenFolder, { words, flags }: Arguments, io: Io): Promise<number> {
  const [named, ...place] = words
  const [partition, offset] = place.map(Number)
  if (named === undefined || !isIndex(partition) || !isIndex(offset)) throw new UsageError('show which? statelog dlq show <topic> <partition> <offset>, as dlq list prints them')
  const [topic = named] = chosenTopics(plans, named)
  const range = await log.read(topic, partition, offset, offset + 1, { recordsMax: 1, bytesMax: Infinity })
  const record = range.records[0]
  const info = record === undefined ? undefined : readDeadLetter(record)
  if (record === undefined || info === undefined) throw new OperationError('dlq/missing', `there is no dead letter at ${topic}, partition ${partition}, offset ${offset}. List them: statelog dlq list --topic ${topic}`)
  if (flags.has('json')) io.out(JSON.stringify({ dlq: { topic, partition, offset }, ...info, key: keyText(record), value: valueObject(record.value) }))
  else for (const text of letterLines({ topic, partition, record, info }, io)) io.out(text)
  return EXIT.ok
}

function letterLines({ topic, partition, record, info }: Letter, io: Io): readonly string[] {
  const label = (name: string): string => io.paint('bold', name.padEnd(9))
  const from = info.timer === undefined ? `${info.topic}, partition ${info.partition}, offset ${info.offset ?? '?'}` : `timer ${info.timer}`
  const stack = info.stack === undefined ? [] : ['', io.paint('bold', 'stack'), ...printable(info.stack).split('\n').map((text) => `  ${text.trim()}`)]
  return [
    `${io.paint('bold', `${topic} ${partition} ${record.offset}`)}: ${io.paint('red', info.class)} at stage ${info.stage}`,
    '',
    `${label('why')} ${printable(info.message)}`,
    `${label('input')} ${from}`,
    `${label('entity')} ${info.entity ?? `none; key ${keyText(record)}`}`,
    `${label('refused')} by ${info.group}, ${info.directive}, ${time(info.lastMs)}${info.attempts > 1 ? ` (${info.attempts} attempts since ${time(info.firstMs)})` : ''}`,
    `${label('bytes')} ${grouped(info.bytes)}${info.sha256 === undefined ? '' : `, the first ${grouped(record.value?.length ?? 0)} are kept; sha256 of all ${info.sha256}`}`,
    ...stack,
    '',
    ...valueLines(record.value, io),
  ]
}

function valueLines(value: Uint8Array | null, io: Io): readonly string[] {
  if (value === null) return ['the record has no value']
  const text = utf8Decode(value)
  if (text !== undefined && isReadable(text)) {
    const cut = text.length > SHOWN_BYTES_MAX ? `${text.slice(0, SHOWN_BYTES_MAX)}… (${grouped(text.length - SHOWN_BYTES_MAX)} characters more; --json has what is kept)` : text
    return [io.paint('bold', 'value'), ...cut.split('\n').map((part) => `  ${printable(part)}`)]
  }
  const decoded = cborCodec.decode(value)
  const data = decoded.kind === 'ok' && typeof decoded.value === 'object' ? [io.paint('bold', 'value (CBOR)'), ...treeLines(decoded.value, Math.max(60, io.columns() - 2), 1), ''] : []
  return [...data, io.paint('bold', 'value (hex)'), ...hexDump(value, SHOWN_BYTES_MAX).map((part) => `  ${part}`)]
}

function valueObject(value: Uint8Array | null): unknown {
  if (value === null) return null
  const text = utf8Decode(value)
  return text !== undefined && isReadable(text) ? { text } : { hex: [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('') }
}

function isReadable(text: string): boolean {
  return !/[\u0000-\u0008\u000e-\u001f]/.test(text)
}

function keyText({ key }: LogRecord): string {
  if (key === null) return 'none'
  const text = utf8Decode(key)
  return text === undefined ? jsonText(key) : parseEntityId(text) ?? line(text, 40)
}

const isIndex = (value: number | undefined): value is number => value !== undefined && Number.isInteger(value) && value >= 0

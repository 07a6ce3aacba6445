// `statelog dlq`: inputs that were refused, with their cause and bytes.
import { deadLetterTopic } from '../../../system/protocol/ids.ts'
import { OperationError } from '../../../system/protocol/failures.ts'
import { FAILURE_CLASSES } from '../../../system/protocol/failures.ts'
import { deadLetterTopics, letterAt } from '../../../system/inspect/letters.ts'
import type { Letter } from '../../../system/inspect/letters.ts'
import { readDeadLetter } from '../../../system/partition/dead-letters.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import { recordsOf } from '../../node/outputs.ts'
import { actionOf, noMoreWords } from '../arguments.ts'
import type { Arguments, FlagValues } from '../arguments.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { shown, withFolder } from '../data-folder.ts'
import type { OpenFolder } from '../data-folder.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { letterLines, letterObject } from '../letter-words.ts'
import { keyText } from '../record-words.ts'
import { didYouMean } from '../suggestion.ts'
import { counts, grouped, line, table } from '../text.ts'

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
    if (actionOf('dlq', action, ['list', 'show']) === 'show') return withFolder(flags.text('folder'), (open) => show(open, { words, flags }, io))
    noMoreWords(words)
    return withFolder(flags.text('folder'), (open) => list(open, flags, io))
  },
}

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
  const topics = [...deadLetterTopics(plans.values()).keys()]
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
  const letter = await letterAt(log, topic, partition, offset)
  if (letter === undefined) throw new OperationError('dlq/missing', `there is no dead letter at ${topic}, partition ${partition}, offset ${offset}. List them: statelog dlq list --topic ${topic}`)
  if (flags.has('json')) io.out(JSON.stringify(letterObject(letter)))
  else for (const text of letterLines(letter, io)) io.out(text)
  return EXIT.ok
}

const isIndex = (value: number | undefined): value is number => value !== undefined && Number.isInteger(value) && value >= 0

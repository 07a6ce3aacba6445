// `statelog get`: one entity, as committed: from a data folder, or from its owner over NATS.
import { answerWithFeatures } from '../../../system/inspect/features.ts'
import { queryEntity } from '../../../system/inspect/query.ts'
import type { EntityAnswer, EntityView } from '../../../system/partition/view.ts'
import { parseDuration } from '../../../system/authoring/duration.ts'
import type { Duration } from '../../../system/authoring/duration.ts'
import { cborCodec } from '../../cbor/codec.ts'
import { wallClock } from '../../memory/clock.ts'
import type { FlagValues } from '../arguments.ts'
import { mediumFrom } from '../cluster-flags.ts'
import { FOLDER_FLAG, JSON_FLAG, NATS_FLAGS } from '../command.ts'
import type { Command } from '../command.ts'
import { knownFolder } from '../data-folder.ts'
import { entityWords, jsonText, parkedText, planOf, treeLines } from '../entity-words.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { LOG_FLAGS, withLog } from '../log-flags.ts'
import { askOwner } from '../owner.ts'
import { systemNamed } from '../target.ts'
import { line, spaced, time } from '../text.ts'

const DEADLINE_MS = 5000

export const getCommand: Command = {
  name: 'get',
  summary: 'show an entity: state, context, timers, held events, whether it is parked',
  usage: ['get <type> <id> [--folder <folder>] [--json]', 'get <type> <id> --kafka <brokers> --system <scenario | file> [--namespace <prefix>] [--json]', 'get <type> <id> --nats <url> [--system <scenario | file>] [--deadline <time>] [--json]'],
  about: [
    'Shows committed state as of the end of the journal, whether the folder is running or at rest. Exit code 1 when there is no such entity.',
    'With --kafka the log of a cluster is read, whether or not a folder here remembers it. With --nats the owner of its partition is asked, wherever that runs with --nats too; while the partition moves it is asked again until the deadline.',
  ],
  flags: {
    ...FOLDER_FLAG, ...LOG_FLAGS, ...JSON_FLAG, ...NATS_FLAGS,
    system: { value: 'scenario|file', help: 'with --kafka, or --nats (default: that of the data folder): the system that runs there' },
    deadline: { value: 'time', help: 'with --nats: give up after this long: 500ms, 30s (default 5s)' },
  },
  wordsMax: 2,
  examples: ['get card 12', 'get card 12 --json', 'get door front --nats nats://bus.example:4222 --system door.system.ts'],
  run: ({ words, flags }, io) => {
    const [type, id] = entityWords('get', words)
    const url = flags.text('nats')
    if (url !== undefined && flags.has('kafka')) throw new UsageError('ask the owner (--nats) or read its log (--kafka)')
    if (url !== undefined) {
      // Refuses what is of a cluster alone.
      mediumFrom(flags)
      return getFromOwner(type, id, url, flags, io)
    }
    for (const flag of ['nats-prefix', 'nats-ca', 'deadline']) if (flags.has(flag)) throw new UsageError(`--${flag} goes with --nats`)
    if (flags.has('system') && !flags.has('kafka')) throw new UsageError('--system goes with --kafka or --nats')
    return withLog(flags, async ({ log, plans, where }) => show(await queryEntity({ log, codec: cborCodec, clock: wallClock }, planOf(plans, type), id), where, flags, io))
  },
}

const LIST_MAX = 10

async function getFromOwner(type: string, id: string, url: string, flags: FlagValues, io: Io): Promise<number> {
  const deadlineMs = deadlineOf(flags.text('deadline'))
  const named = flags.text('system')
  const system = named === undefined ? (await knownFolder(flags.text('folder'))).system : await systemNamed(named)
  return show(await askOwner(system, type, id, { url, prefix: flags.text('nats-prefix'), ca: flags.text('nats-ca') }, deadlineMs), system.name, flags, io)
}

function show(answer: EntityAnswer, where: string, flags: FlagValues, io: Io): number {
  const { type, id, partition, seq, entity } = answer
  if (flags.has('json')) io.out(jsonText(answerWithFeatures(answer)))
  else if (entity === undefined) io.err(`statelog: there is no ${type} '${id}' in ${where} (partition ${partition}, seq ${seq})`)
  else for (const text of lines(answer, entity, io)) io.out(text)
  return entity === undefined ? EXIT.problem : EXIT.ok
}

function deadlineOf(text: string | undefined): number {
  if (text === undefined) return DEADLINE_MS
  try {
    return parseDuration(text as Duration)
  } catch {
    throw new UsageError(`--deadline is '${text}', expected a time such as 500ms or 30s`)
  }
}

function lines(answer: EntityAnswer, entity: EntityView, { paint, columns }: Io): readonly string[] {
  const { timers, tasks, held } = entity
  const label = (name: string): string => paint('bold', name.padEnd(9))
  const standing = entity.parked !== undefined ? 'parked' : entity.status
  const status = standing === 'active' ? '' : ` (${standing})`
  return [
    `${paint('bold', `${answer.type} ${answer.id}`)}: ${paint('cyan', spaced(entity.configuration ?? 'no state yet'))}${status}`,
    '',
    `${label('place')} partition ${answer.partition} · seq ${answer.seq} · epoch ${answer.epoch} · life ${answer.life}`,
    `${label('changed')} last at seq ${entity.changedSeq}${answer.watermarkMs === undefined ? '' : ` · event time up to ${time(answer.watermarkMs)}`}`,
    `${label('code')} ${answer.code}`,
    ...(entity.parked === undefined ? [] : [`${label('parked')} ${parkedText(answer.type, answer.id, entity.parked)}`]),
    ...(timers.length === 0 ? [`${label('timers')} none armed`] : timers.slice(0, LIST_MAX).map((timer, at) => `${at === 0 ? label('timers') : ' '.repeat(9)} ${timer.id} due ${time(timer.dueMs)}`)),
    ...more(timers.length),
    ...tasks.slice(0, LIST_MAX).map((task, at) => `${at === 0 ? label('tasks') : ' '.repeat(9)} ${task.id} (${task.src}), attempt ${task.attempt}`),
    ...more(tasks.length),
    ...(held.length === 0 ? [] : [`${label('held')} ${held.length} events wait for the watermark`]),
    ...held.slice(0, LIST_MAX).map(({ timeMs, event }) => `          ${time(timeMs)} ${line(jsonText(event), Math.max(40, columns() - 32))}`),
    ...more(held.length),
    ...(entity.expireAtMs === undefined ? [] : [`${label('kept')} until ${time(entity.expireAtMs)}`]),
    ...(entity.context === undefined ? [] : ['', paint('bold', 'context'), ...treeLines(entity.context, Math.max(60, columns() - 2), 1)]),
  ]
}

function more(count: number): readonly string[] {
  return count > LIST_MAX ? [`          ... ${count - LIST_MAX} more (--json shows all)`] : []
}

// `statelog get`: one entity, as committed.
import { queryEntity } from '../../../system/inspect/query.ts'
import type { EntityAnswer, EntityView } from '../../../system/inspect/query.ts'
import { cborCodec } from '../../cbor/codec.ts'
import type { Arguments } from '../arguments.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { shown, withFolder } from '../data-folder.ts'
import { entityWords, jsonText, parkedText, planOf, treeLines } from '../entity-words.ts'
import { EXIT } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { line, spaced, time } from '../text.ts'

export const getCommand: Command = {
  name: 'get',
  summary: 'show an entity: state, context, timers, held events, whether it is parked',
  usage: ['get <type> <id> [--folder <folder>] [--json]'],
  about: ['Shows committed state as of the end of the journal, whether the folder is running or at rest. Exit code 1 when there is no such entity.'],
  flags: { ...FOLDER_FLAG, ...JSON_FLAG },
  wordsMax: 2,
  examples: ['get card 12', 'get card 12 --json'],
  run: get,
}

const LIST_MAX = 10

async function get({ words, flags }: Arguments, io: Io): Promise<number> {
  const [type, id] = entityWords('get', words)
  return withFolder(flags.text('folder'), async ({ folder, log, plans }) => {
    const answer = await queryEntity(log, cborCodec, planOf(plans, type), id)
    if (flags.has('json')) {
      const { entity, ...place } = answer
      io.out(jsonText({ ...place, found: entity !== undefined, ...entity }))
    } else if (answer.entity === undefined) io.err(`statelog: there is no ${type} '${id}' in ${shown(folder)} (partition ${answer.partition}, seq ${answer.seq})`)
    else for (const text of lines(answer, answer.entity, io)) io.out(text)
    return answer.entity === undefined ? EXIT.problem : EXIT.ok
  })
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

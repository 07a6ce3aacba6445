// `statelog history`: what an entity took, step by step.
import { historyOf } from '../../../system/inspect/history.ts'
import type { History, HistoryEntry } from '../../../system/inspect/history.ts'
import type { Effect } from '../../../system/ports/engine.ts'
import { cborCodec } from '../../cbor/codec.ts'
import type { Arguments } from '../arguments.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { shown, withFolder } from '../data-folder.ts'
import { entityWords, jsonText, parkedText, planOf } from '../entity-words.ts'
import { EXIT } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { counts, cut, grouped, line, spaced, table, time } from '../text.ts'

export const historyCommand: Command = {
  name: 'history',
  summary: 'show what an entity took: events, moves, outputs, scores, verdicts',
  usage: ['history <type> <id> [--limit <number>] [--from <time>] [--to <time>] [--folder <folder>] [--json]'],
  about: ['Replays the journal of the entity\'s partition: what is shown is what happened, in the order in which it happened. Times are event times.'],
  flags: {
    limit: { value: 'number', help: 'the newest so many (default 20)' },
    from: { value: 'time', help: 'not before this event time' },
    to: { value: 'time', help: 'not after this event time' },
    ...FOLDER_FLAG, ...JSON_FLAG,
  },
  wordsMax: 2,
  examples: ['history card 12 --limit 50', 'history card 12 --from 2025-02-01T00:00:00Z --json'],
  run: history,
}

async function history({ words, flags }: Arguments, io: Io): Promise<number> {
  const [type, id] = entityWords('history', words)
  const entriesMax = flags.number('limit', { min: 1, max: 1_000_000 }) ?? 20
  const range = { entriesMax, fromMs: flags.time('from') ?? -Infinity, toMs: flags.time('to') ?? Infinity }
  return withFolder(flags.text('folder'), async ({ folder, log, plans }) => {
    const found = await historyOf(log, cborCodec, planOf(plans, type), id, range)
    if (flags.has('json')) for (const entry of found.entries) io.out(jsonText(entry))
    else if (found.entries.length === 0) io.err(`statelog: ${type} '${id}' took nothing${flags.has('from') || flags.has('to') ? ' in that time' : ''} in ${shown(folder)} (partition ${found.partition}, seq ${found.seq})`)
    else for (const text of lines(found, io)) io.out(text)
    if (!flags.has('json') && found.parked !== undefined) io.out(`${io.paint('yellow', 'parked')}: ${parkedText(type, id, found.parked)}`)
    return found.entries.length === 0 ? EXIT.problem : EXIT.ok
  })
}

function lines({ type, id, partition, seq, entries, left, drops }: History, io: Io): readonly string[] {
  const dropped = counts(drops)
  const rows = table([['TIME', 'EVENT', 'STATE', 'SEQ', 'WHAT CAME OF IT'], ...entries.map(row)])
  return [
    `${io.paint('bold', `${type} ${id}`)}: ${grouped(entries.length + left)} inputs up to seq ${seq} of partition ${partition}${left === 0 ? '' : `, the newest ${grouped(entries.length)} of them (--limit shows more)`}`,
    '',
    ...rows.map((text, at) => (at === 0 ? io.paint('dim', text) : io.isTty ? cut(text, Math.max(80, io.columns() - 1)) : text)),
    ...(dropped === '' ? [] : ['', `dropped: ${dropped}`]),
  ]
}

function row(entry: HistoryEntry): readonly string[] {
  return [time(entry.timeMs), entry.event.type, moveText(entry), String(entry.seq), resultText(entry)]
}

function moveText({ from, to }: HistoryEntry): string {
  if (from === to) return spaced(to ?? '-')
  return `${from === undefined ? 'new' : spaced(from)} -> ${spaced(to ?? '-')}`
}

function resultText({ effects, scores, rows, verdict, event }: HistoryEntry): string {
  if (verdict !== undefined) return `refused: ${verdict.class} (${verdict.directive})${verdict.directive === 'park' ? ': it stands still from here on' : ''}`
  const scored = scores.map((score) => (typeof score === 'number' ? `score ${Number(score.toPrecision(6))}` : `no score: ${score}`))
  const told = effects.flatMap((effect) => effectText(effect))
  const given = typeof event['decision'] === 'string' ? [`${event['decision']}${typeof event['score'] === 'number' ? ` at ${Number(event['score'].toPrecision(6))}` : ''}`] : []
  const looked = effects.filter((effect) => effect.kind === 'lookup').map(({ table, key }, at) => `${table} ${line(key, 40)} is ${line(jsonText(rows[at]) ?? 'nothing', 60)}`)
  return [...given, ...scored, ...looked, ...told].join(' · ')
}

function effectText(effect: Effect): readonly string[] {
  switch (effect.kind) {
    case 'emit': return [`emits ${effect.event.type}${typeof effect.event['decision'] === 'string' ? ` ${effect.event['decision']}` : ''}`]
    case 'tell': return [`tells ${effect.target} ${effect.id} ${effect.event.type}`]
    case 'schedule': return [`arms ${timerName(effect.timer)}`]
    case 'cancel': return [`cancels ${timerName(effect.timer)}`]
    case 'task': return [`starts ${effect.task}`]
    case 'stopTask': return [`ends ${effect.task}`]
    case 'reply': return [`replies ${line(jsonText(effect.value), 60)}`]
    case 'log': return [`logs ${line(effect.label, 40)}`]
    case 'infer':
    case 'lookup': return []
  }
}

/** `xstate.after.watching.card.suspicious` -> `watching`. */
function timerName(timer: string): string {
  const parts = /^xstate\.after\.([^.]+)\./.exec(timer)
  return parts?.[1] === undefined ? timer : `timer ${spaced(parts[1])}`
}

// `statelog inspect`: what an entity took, in the events of the Stately Inspector.
import { definitionOf } from '../../../system/chart/definition.ts'
import { historyOf } from '../../../system/inspect/history.ts'
import { recorded } from '../../../system/inspect/inspection.ts'
import { readableJson } from '../../../system/protocol/readable-json.ts'
import { cborCodec } from '../../cbor/codec.ts'
import type { Arguments } from '../arguments.ts'
import { FOLDER_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { shown, withFolder } from '../data-folder.ts'
import { entityWords, planOf } from '../entity-words.ts'
import { EXIT } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { exactJson } from '../text.ts'

export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'print what an entity took, for the Stately Inspector',
  usage: ['inspect <type> <id> [--limit <number>] [--folder <folder>]'],
  about: ['Prints events of @statelyai/inspect, one a line: the actor with its statechart, then an event and a snapshot for each input. Hand each to the adapter of an inspector.'],
  flags: { limit: { value: 'number', help: 'the newest so many inputs (default 200)' }, ...FOLDER_FLAG },
  wordsMax: 2,
  examples: ['inspect card 12 > card-12.jsonl', 'inspect card 12 --limit 1000'],
  run: inspect,
}

async function inspect({ words, flags }: Arguments, io: Io): Promise<number> {
  const [type, id] = entityWords('inspect', words)
  const limit = flags.number('limit', { min: 1, max: 1_000_000 }) ?? 200
  return withFolder(flags.text('folder'), async ({ folder, log, plans }) => {
    const plan = planOf(plans, type)
    const { partition, life, epoch, seq, entries, left } = await historyOf(log, cborCodec, plan, id, { entriesMax: limit + 1 })
    const page = { type, id, at: { partition, life, epoch, seq }, entries: [...entries].reverse(), older: left > 0 ? 'more' as const : 'none' as const }
    for (const event of recorded(page, definitionOf(plan.definition.machine.outline()), limit)) io.out(exactJson(readableJson(event)))
    if (entries.length === 0) io.err(`statelog: ${type} '${id}' took nothing in ${shown(folder)} (partition ${partition}, seq ${seq})`)
    return entries.length === 0 ? EXIT.problem : EXIT.ok
  })
}

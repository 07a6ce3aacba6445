// `statelog verify`: replays every journal and compares outputs and states with what was committed.
import { verifyPartition } from '../../../system/inspect/verify.ts'
import type { Verification } from '../../../system/inspect/verify.ts'
import { cborCodec } from '../../cbor/codec.ts'
import { wallClock } from '../../memory/clock.ts'
import type { Arguments } from '../arguments.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { shown, withFolder } from '../data-folder.ts'
import { planOf } from '../entity-words.ts'
import { EXIT } from '../exit-codes.ts'
import { write } from '../io.ts'
import type { Io } from '../io.ts'
import { grouped, table } from '../text.ts'

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'replay the journals: outputs and states must come out the same',
  usage: ['verify [--type <type>] [--partition <number>] [--folder <folder>] [--json]'],
  about: ['Replays from the first commit, without models, clocks or stored states. Exit code 1 when any output or state differs.'],
  flags: {
    type: { value: 'type', help: 'only this actor type' },
    partition: { value: 'number', help: 'only this partition' },
    ...FOLDER_FLAG, ...JSON_FLAG,
  },
  wordsMax: 0,
  examples: ['verify', 'verify --type card --partition 2'],
  run: verify,
}

const SHOWN_MAX = 5

async function verify({ flags }: Arguments, io: Io): Promise<number> {
  return withFolder(flags.text('folder'), async ({ folder, log, plans, system }) => {
    const only = flags.number('partition', { min: 0, max: system.partitions - 1 })
    const type = flags.text('type')
    const found: Verification[] = []
    for (const plan of type === undefined ? plans.values() : [planOf(plans, type)]) {
      for (let partition = 0; partition < plan.partitions; partition += 1) {
        if (only !== undefined && only !== partition) continue
        const name = `${plan.definition.name}/${partition}`
        found.push(await verifyPartition({ log, codec: cborCodec, clock: wallClock }, plan, partition, (seq) => {
          if (io.isTty && seq % 50 === 0) write(1, `\r\u001b[K${name} seq ${grouped(seq)}`)
        }))
        if (io.isTty) write(1, '\r\u001b[K')
      }
    }
    const wrong = found.filter((one) => problemsOf(one).length > 0)
    if (flags.has('json')) for (const one of found) io.out(JSON.stringify({ ...one, ok: problemsOf(one).length === 0 }))
    else for (const text of lines(shown(folder), found, io)) io.out(text)
    return wrong.length === 0 ? EXIT.ok : EXIT.problem
  })
}

function problemsOf({ gone, outputMismatches, stateMismatches }: Verification): readonly string[] {
  return [
    ...(gone === undefined ? [] : [gone]),
    ...(outputMismatches.length === 0 ? [] : [`${grouped(outputMismatches.length)} commits have other outputs, the first at seq ${outputMismatches[0]}; the code of today is not the code that wrote them, or it is not deterministic`]),
    ...stateMismatches.slice(0, SHOWN_MAX).map(({ id, reason }) => `${id}: ${reason}`),
    ...(stateMismatches.length > SHOWN_MAX ? [`${grouped(stateMismatches.length - SHOWN_MAX)} states more differ`] : []),
  ]
}

function lines(folder: string, found: readonly Verification[], { paint }: Io): readonly string[] {
  const rows = found.map((one) => [`${one.type}/${one.partition}`, grouped(one.commits), grouped(one.inputs), grouped(one.entities), `${grouped(one.statesCompared)}${one.statesOutdated === 0 ? '' : ` (${grouped(one.statesOutdated)} newer in the journal)`}`, problemsOf(one).length === 0 ? paint('green', 'same') : paint('red', 'DIFFERENT')])
  const total = (count: (one: Verification) => number): string => grouped(found.reduce((sum, one) => sum + count(one), 0))
  const wrong = found.filter((one) => problemsOf(one).length > 0)
  const [head = '', ...rest] = table([['PARTITION', 'COMMITS', 'INPUTS', 'ENTITIES', 'STATES', 'RESULT'], ...rows])
  return [
    paint('dim', head), ...rest, '',
    ...wrong.flatMap((one) => problemsOf(one).map((problem) => `${paint('red', `${one.type}/${one.partition}`)} ${problem}`)),
    `${wrong.length === 0 ? paint('green', 'verified') : paint('red', `${wrong.length} of ${found.length} partitions differ`)}: ${folder}, ${total((one) => one.commits)} commits, ${total((one) => one.inputs)} inputs, ${total((one) => one.statesCompared)} states replayed`,
  ]
}

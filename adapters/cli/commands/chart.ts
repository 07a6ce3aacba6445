// `statelog chart`: the statechart of an actor type as an image or a text. Needs no data folder: it looks at the definition alone.
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import type { ActorDefinition } from '../../../system/authoring/definition.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { drawingOf } from '../../../system/chart/drawing.ts'
import { outlineHash } from '../../../system/chart/hash.ts'
import { mermaidOf } from '../../../system/chart/mermaid.ts'
import { svgOf } from '../../../system/chart/svg.ts'
import { elkLayout } from '../../elk/layout.ts'
import type { Arguments, FlagValues } from '../arguments.ts'
import type { Command } from '../command.ts'
import { shown } from '../data-folder.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { didYouMean } from '../suggestion.ts'
import { systemNamed } from '../target.ts'
import { exactJson, printable } from '../text.ts'

const FORMATS = ['svg', 'mermaid', 'json'] as const
const THEMES = ['auto', 'light', 'dark'] as const
type Format = (typeof FORMATS)[number]

const ENDINGS: Readonly<Record<Format, string>> = { svg: '.svg', mermaid: '.mmd', json: '.json' }

export const chartCommand: Command = {
  name: 'chart',
  summary: 'draw the statechart of an actor type: SVG, Mermaid, JSON',
  usage: ['chart <scenario | file> [<type>] [--format <svg|mermaid|json>] [--out <file>]', 'chart <scenario | file> --out <folder>/ [--format <svg|mermaid|json>]'],
  about: [
    'The type may be left out where the system has one. Written to a folder, every type of the system has a file of its own.',
    'An SVG needs nothing else: no script, no font; it is light or dark as the reader\'s system is. JSON has every state and transition with its id, names only.',
    'Nothing needs to run, and no data folder is looked at.',
  ],
  flags: {
    format: { value: 'format', values: FORMATS, help: 'svg, mermaid (stateDiagram-v2) or json; default: as the file of --out ends, else svg' },
    out: { value: 'file', help: 'a file, or a folder; default: standard output' },
    theme: { value: 'theme', values: THEMES, help: 'of an SVG: light, dark, or auto (default: as the reader has it)' },
  },
  wordsMax: 2,
  examples: ['chart fraud card --out card.svg', 'chart actors/delivery.system.ts delivery --format mermaid', 'chart fraud --out charts/'],
  run: chart,
}

async function chart({ words: [target, type], flags }: Arguments, io: Io): Promise<number> {
  if (target === undefined) throw new UsageError('chart of which system? statelog chart <scenario | file> [<type>]')
  const system = await systemNamed(target)
  const out = flags.text('out')
  const format = formatOf(flags, out)
  if (format !== 'svg' && flags.has('theme')) throw new UsageError('--theme goes with --format svg')
  if (out !== undefined && isFolder(out)) {
    mkdirSync(out, { recursive: true })
    for (const actor of type === undefined ? system.actors : [actorOf(system, type)]) await writeTo(join(out, `${actor.name}${ENDINGS[format]}`), actor, format, flags, io)
    return EXIT.ok
  }
  const actor = actorOf(system, type)
  if (out !== undefined) await writeTo(out, actor, format, flags, io)
  else io.out((await textOf(actor, format, flags)).trimEnd())
  return EXIT.ok
}

function formatOf(flags: FlagValues, out: string | undefined): Format {
  const given = FORMATS.find((one) => one === flags.text('format'))
  const ending = out === undefined ? '' : extname(out).toLowerCase()
  return given ?? FORMATS.find((one) => ENDINGS[one] === ending) ?? (ending === '.mermaid' ? 'mermaid' : 'svg')
}

function isFolder(out: string): boolean {
  return /[/\\]$/.test(out) || (existsSync(out) && statSync(out).isDirectory())
}

function actorOf({ name, actors }: SystemDefinition, type: string | undefined): ActorDefinition {
  const names = actors.map((actor) => actor.name)
  const [only] = actors
  if (type === undefined) {
    if (only !== undefined && actors.length === 1) return only
    throw new UsageError(`system '${name}' has ${actors.length} actor types: chart of which? Or of all: --out <folder>/\nTypes: ${names.join(', ')}.`)
  }
  const found = actors.find((actor) => actor.name === type)
  if (found === undefined) throw new UsageError(`there is no actor type '${type}'${didYouMean(type, names)}\nTypes: ${names.join(', ')}.`)
  return found
}

async function writeTo(file: string, actor: ActorDefinition, format: Format, flags: FlagValues, io: Io): Promise<void> {
  const text = await textOf(actor, format, flags)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  io.err(`${actor.name}: ${printable(shown(file))}`)
}

async function textOf({ name, version, machine }: ActorDefinition, format: Format, flags: FlagValues): Promise<string> {
  const outline = machine.outline()
  if (format === 'mermaid') return mermaidOf(outline)
  if (format === 'json') return `${exactJson(JSON.stringify({ form: 'statelog-chart/1', type: name, version, code: machine.hash, hash: outlineHash(outline), ...outline }, undefined, 2))}\n`
  const theme = THEMES.find((one) => one === flags.text('theme')) ?? 'auto'
  return svgOf(outline, await drawingOf(outline, elkLayout), { theme })
}

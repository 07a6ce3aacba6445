// Command: what every command of `statelog` declares, and its help page.
import type { Arguments, Flags } from './arguments.ts'
import type { Io } from './io.ts'

export interface Command {
  readonly name: string
  readonly summary: string
  /** Without `statelog` in front. */
  readonly usage: readonly string[]
  /** Paragraphs below the usage. */
  readonly about: readonly string[]
  readonly flags: Flags
  readonly wordsMax: number
  readonly examples: readonly string[]
  /** Flags that depend on the words, such as a scenario's own. */
  readonly moreFlags?: (args: readonly string[]) => Promise<Flags>
  /** Answers the exit code. */
  run(call: Arguments, io: Io): Promise<number>
}

/** Flags that every reader of a data folder takes. */
export const FOLDER_FLAG: Flags = { folder: { value: 'folder', help: 'data folder; default: the one under ./data that ran last' } }
/** Of commands that speak with a system over NATS. */
export const NATS_FLAGS: Flags = {
  nats: { value: 'url', help: 'the NATS over which entities are asked for: nats://host:4222 or tls://..., with user:password@ or token@ before the host where needed' },
  'nats-ca': { value: 'file', help: 'with --nats tls://...: the certificates of these authorities (PEM)' },
  'nats-prefix': { value: 'prefix', help: 'first tokens of the NATS subjects (default statelog); systems of one name need different ones' },
}
export const JSON_FLAG: Flags = { json: { help: 'print JSON for programs' } }

export function helpPage(command: Command, flags: Flags): readonly string[] {
  const width = Math.max(0, ...Object.entries(flags).map(([name, flag]) => flagName(name, flag.value).length))
  return [
    `statelog ${command.name}: ${command.summary}`,
    '',
    ...command.usage.map((usage, index) => `${index === 0 ? 'usage: ' : '       '}statelog ${usage}`),
    ...(command.about.length === 0 ? [] : ['', ...command.about]),
    ...(width === 0 ? [] : ['']),
    ...Object.entries(flags).map(([name, flag]) => `  ${flagName(name, flag.value).padEnd(width)}  ${flag.help}`),
    '',
    ...command.examples.map((example, index) => `${index === 0 ? 'example: ' : '         '}statelog ${example}`),
  ]
}

function flagName(name: string, value: string | undefined): string {
  return value === undefined ? `--${name}` : `--${name} <${value}>`
}

// The command `statelog`: finds the command, reads its flags, turns what it throws into words and an exit code.
import { readArguments } from './arguments.ts'
import { helpPage } from './command.ts'
import type { Command } from './command.ts'
import { complaintOf, EXIT, UsageError } from './exit-codes.ts'
import { processIo } from './io.ts'
import type { Io } from './io.ts'
import { didYouMean } from './suggestion.ts'
import { followParent, isToBeSupervised, supervise } from './supervisor.ts'
import { VERSION } from '../node/version.ts'

/** Loaded when they are called: help and complaints answer at once. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  run: { summary: 'run a scenario or a system in a data folder', load: async () => (await import('./commands/run.ts')).runCommand },
  send: { summary: 'send an event to an entity, and show its reply', load: async () => (await import('./commands/send.ts')).sendCommand },
  get: { summary: 'show an entity: state, context, timers, held events', load: async () => (await import('./commands/get.ts')).getCommand },
  history: { summary: 'show what an entity took, step by step', load: async () => (await import('./commands/history.ts')).historyCommand },
  inspect: { summary: 'print what an entity took, for the Stately Inspector', load: async () => (await import('./commands/inspect.ts')).inspectCommand },
  read: { summary: 'show the newest records of a topic: outputs, sources, dead letters', load: async () => (await import('./commands/read.ts')).readCommand },
  dlq: { summary: 'list dead letters, show one with its cause and bytes', load: async () => (await import('./commands/dlq.ts')).dlqCommand },
  parked: { summary: 'list entities that stand still, show what is put aside for one', load: async () => (await import('./commands/parked.ts')).parkedCommand },
  models: { summary: 'list the active models, or activate another one', load: async () => (await import('./commands/models.ts')).modelsCommand },
  doctor: { summary: 'check a data folder', load: async () => (await import('./commands/doctor.ts')).doctorCommand },
  chart: { summary: 'draw the statechart of an actor type: SVG, Mermaid, JSON', load: async () => (await import('./commands/chart.ts')).chartCommand },
  ui: { summary: 'show a system at rest in a browser', load: async () => (await import('./commands/ui.ts')).uiCommand },
  top: { summary: 'watch a running system: partitions, states, rates', load: async () => (await import('./commands/top.ts')).topCommand },
  verify: { summary: 'replay the journals: outputs and states must come out the same', load: async () => (await import('./commands/verify.ts')).verifyCommand },
}

const OVERVIEW_EXAMPLES = ['run fraud', 'get card 12', 'history card 12 --limit 20', 'dlq list']

/** Runs one command line; answers the exit code. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(args, io)
  } catch (thrown) {
    const { exitCode, lines } = complaintOf(thrown)
    const [first = '', ...rest] = lines
    io.err(`statelog: ${first}`)
    for (const line of rest) io.err(`  ${line}`)
    if (exitCode === EXIT.usage) io.err(`  Help: statelog ${commandName(args)}--help`)
    return exitCode
  }
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = args
  if (first === undefined || first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) return overview(io)
  if (first === '--version' || first === '-v' || first === 'version') {
    io.out(VERSION)
    return EXIT.ok
  }
  const [name, commandArgs] = first === 'help' ? [rest[0] ?? '', ['--help', ...rest.slice(1)]] : [first, rest]
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry === undefined) throw new UsageError(`there is no command '${name}'${didYouMean(name, [...Object.keys(COMMANDS), 'help'])}`)
  // Before any actor is defined: contexts are frozen in development and tests, not in operation.
  process.env['NODE_ENV'] ??= 'production'
  const command = await entry.load()
  const flags = { ...command.flags, ...(await command.moreFlags?.(commandArgs)) }
  if (commandArgs.some((arg) => arg === '--help' || arg === '-h')) {
    for (const line of helpPage(command, flags)) io.out(line)
    return EXIT.ok
  }
  return command.run(readArguments(commandArgs, flags, command.wordsMax), io)
}

function overview(io: Io): number {
  io.out(`statelog ${VERSION}: statecharts as durable, sharded actors on a partitioned log`)
  io.out('')
  for (const [name, { summary }] of Object.entries(COMMANDS)) io.out(`  ${io.paint('bold', name.padEnd(8))}  ${summary}`)
  io.out('')
  for (const [index, example] of OVERVIEW_EXAMPLES.entries()) io.out(`${index === 0 ? 'example: ' : '         '}statelog ${example}`)
  io.out('')
  io.out('Every command explains itself: statelog <command> --help. Exit codes: 0 done, 1 a problem, 2 usage, 3 locked or busy, 130 interrupted.')
  return EXIT.ok
}

function commandName(args: readonly string[]): string {
  const [first] = args
  return first !== undefined && Object.hasOwn(COMMANDS, first) ? `${first} ` : ''
}

/** The command line of this process: `run` gets a parent that starts it again when it dies. */
export async function mainOfProcess(args: readonly string[]): Promise<number> {
  const io = processIo()
  if (isToBeSupervised(args, process.env)) return supervise(args, io)
  followParent(process.env)
  return main(args, io)
}

if (import.meta.main) process.exitCode = await mainOfProcess(process.argv.slice(2))

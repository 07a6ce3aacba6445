// `statelog send`: an event for one entity, through the inbox of its type; with the entity's reply while the system runs.
import { parseDuration } from '../../../system/authoring/duration.ts'
import type { Duration } from '../../../system/authoring/duration.ts'
import { outcomeOf } from '../../../system/inspect/outcome.ts'
import type { Outcome, SentCommand } from '../../../system/inspect/outcome.ts'
import { appendCommand } from '../../../system/node/commands.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { OperationError } from '../../../system/protocol/failures.ts'
import { cborCodec } from '../../cbor/codec.ts'
import { wallClock } from '../../memory/clock.ts'
import { systemClock, systemRandom } from '../../node/clock.ts'
import type { Log } from '../../../system/ports/log.ts'
import type { Arguments } from '../arguments.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { entityWords, jsonText, planOf } from '../entity-words.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { LOG_FLAGS, withLog } from '../log-flags.ts'
import { printable } from '../text.ts'

const WAIT_MS = 10_000
const LOOK_MS = 15

export const sendCommand: Command = {
  name: 'send',
  summary: 'send an event to an entity, and show its reply',
  usage: ['send <type> <id> <event> [--command <id>] [--wait <time>] [--folder <folder>] [--json]', 'send <type> <id> <event> --kafka <brokers> --system <scenario | file> [--namespace <prefix>] [...]'],
  about: [
    'The event is JSON with a type, or the type alone. It is durable before this command ends: a running system takes it at once, one at rest',
    'when it runs next. Sent again with the same --command it is applied once, and answered with the first reply.',
    'On a cluster it is written to the log, not sent to the owner: to the brokers that the folder remembers, or to those of --kafka; NATS has no part in it.',
    'Exit code 1 when the entity refuses the event, or gives no answer in time.',
  ],
  flags: {
    command: { value: 'id', help: 'id of the command, for repeating it safely (default: a new one)' },
    wait: { value: 'time', help: 'wait this long for the reply of a running system: 500ms, 30s; 0s: do not wait (default 10s)' },
    ...FOLDER_FLAG, ...LOG_FLAGS, ...JSON_FLAG,
  },
  wordsMax: 3,
  examples: ['send door front open', `send card 12 '{"type":"verdict","decision":"decline"}'`, 'send door front open --kafka broker.example:9092 --system door.system.ts'],
  run: send,
}

async function send({ words, flags }: Arguments, io: Io): Promise<number> {
  const [type, id] = entityWords('send', words)
  const event = eventOf(words[2])
  const waitMs = waitOf(flags.text('wait'))
  const command = flags.text('command') ?? systemRandom.uuid()
  return withLog(flags, async ({ log, plans, rerun }) => {
    const plan = planOf(plans, type)
    const sent = await append(log, plan, id, event, command)
    const outcome = rerun === undefined ? await waitFor(log, plan, sent, waitMs) : undefined
    const facts = { type, id, event: event.type, command, waitMs, rerun: rerun ?? '' }
    if (flags.has('json')) io.out(jsonText({ command, type, id, partition: sent.partition, offset: sent.offset, ...objectOf(outcome) }))
    else say(io, facts, outcome)
    return outcome === undefined || outcome.kind === 'reply' || (outcome.kind === 'waiting' && waitMs === 0) ? EXIT.ok : EXIT.problem
  })
}

function eventOf(text: string | undefined): MachineEvent {
  if (text === undefined) throw new UsageError(`send what? statelog send <type> <id> '{"type":"..."}'`)
  if (!text.trimStart().startsWith('{')) return { type: text }
  try {
    const value = JSON.parse(text) as { readonly type?: unknown }
    if (typeof value.type === 'string') return value as MachineEvent
  } catch (thrown) {
    throw new UsageError(`the event is no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
  throw new UsageError('the event has no type: {"type":"...", ...}')
}

function waitOf(text: string | undefined): number {
  if (text === undefined) return WAIT_MS
  try {
    return parseDuration(text as Duration)
  } catch {
    throw new UsageError(`--wait is '${text}', expected a time such as 500ms or 30s`)
  }
}

async function append(log: Log, plan: TypePlan, id: string, event: MachineEvent, command: string): Promise<SentCommand> {
  const sending = await appendCommand(log, cborCodec, plan, id, event, command, systemClock.nowMs())
  if (sending.kind !== 'sent') throw new OperationError(sending.kind === 'busy' ? 'data-folder/busy' : 'command/failed', `the command was not taken: ${sending.reason}`)
  return sending.command
}

async function waitFor(log: Log, plan: TypePlan, sent: SentCommand, waitMs: number): Promise<Outcome> {
  const untilMs = systemClock.monotonicMs() + waitMs
  for (;;) {
    const outcome = await outcomeOf({ log, codec: cborCodec, clock: wallClock }, plan, sent)
    if (outcome.kind !== 'waiting' || systemClock.monotonicMs() >= untilMs) return outcome
    await systemClock.sleep(LOOK_MS)
  }
}

interface Facts {
  readonly type: string
  readonly id: string
  readonly event: string
  readonly command: string
  readonly waitMs: number
  readonly rerun: string
}

function say(io: Io, { type, id, event, command, waitMs, rerun }: Facts, outcome: Outcome | undefined): void {
  const name = `${type} ${id}`
  if (outcome === undefined) return io.out(`${name} will take '${event}' when the system runs next: ${rerun}`)
  switch (outcome.kind) {
    case 'reply': return io.out(outcome.value === null ? `${name} took '${event}'` : `${name} took '${event}' and replied ${jsonText(outcome.value)}`)
    case 'refused': {
      io.err(`statelog: ${name} refused '${event}', class ${outcome.class}: ${printable(outcome.message)}`)
      if (outcome.letter !== undefined) io.err(`  Look closer: statelog dlq show ${outcome.letter.topic} ${outcome.letter.partition} ${outcome.letter.offset}`)
      return
    }
    case 'other-code': return io.err(`statelog: ${name} took '${event}', but the file has changed since the system was started, so the reply cannot be told. Restart the system to run what the file says.`)
    case 'other-event': return io.err(`statelog: ${name} was sent another event under --command ${command} before: nothing came of '${event}'. Send it under an id of its own.`)
    case 'unknown': return io.err(`statelog: ${name} gave no answer to '${event}': it has come to its end, or this command was refused when it was first sent`)
    case 'waiting':
      if (waitMs === 0) return io.out(`${name} will take '${event}'; its reply: the same with --command ${command}`)
      io.err(`statelog: ${name} has not taken '${event}' after ${waitMs} ms; it will. For the reply send it again with --command ${command}; what holds it up: statelog doctor`)
  }
}

function objectOf(outcome: Outcome | undefined): Record<string, unknown> {
  if (outcome === undefined) return { outcome: 'kept' }
  const { kind, ...rest } = outcome
  return { outcome: kind, ...rest }
}

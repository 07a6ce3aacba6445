// Fraud: card payments with fraud among them, generated or from a file, decided one by one.
import { defineScenario } from 'statelog'
import type { ScenarioOptions, ScenarioRun } from 'statelog'
import { fraudSystem } from '../actors/fraud/system.ts'
import { parseDuration } from '../system/authoring/duration.ts'
import type { Duration } from '../system/authoring/duration.ts'
import { DefinitionError } from '../system/protocol/failures.ts'
import { conclusion } from './fraud/conclusion.ts'
import type { Notable } from './fraud/conclusion.ts'
import { compareFeatures } from './fraud/expectation.ts'
import { Fed, feed } from './fraud/feed.ts'
import { filePayments } from './fraud/files.ts'
import { generatedPayments } from './fraud/generated.ts'
import type { Payments } from './fraud/payment.ts'
import { timeline } from './fraud/timeline.ts'

/** Payments generated unless `--events` says otherwise: about 60 days of 1,800 customers, half a minute of work. */
const EVENTS_DEFAULT = 220_000

export interface FraudRun extends ScenarioRun {
  /** What the latest feed has yielded so far, bad records by class included. */
  readonly fed: Fed
}

export const fraud = defineScenario({
  name: 'fraud',
  title: 'card payments, three kinds of fraud, one decision per payment',
  flags: {
    order: { help: 'order of the terminals: arrival (default for generated payments) or eventTime (default with --data)', values: ['arrival', 'eventTime'] },
    'label-delay': { help: 'how long after a payment its label is known (default 7d)' },
    bad: { help: 'share of bad records among the transactions, for instance 0.1 (default 0)' },
  },
  prepare: prepareFraud,
  system: (options) => fraudSystem({ order: orderOf(options) }),
})

export async function prepareFraud(options: ScenarioOptions): Promise<FraudRun> {
  const order = orderOf(options)
  const labelDelayMs = parseDuration((options.flags.get('label-delay') ?? '7d') as Duration)
  const bad = shareOf(options.flags.get('bad') ?? '0')
  const { payments, about } = source(options)
  const input = { payments, labelDelayMs, seed: options.seed, bad }
  const survey = await surveyed(payments, labelDelayMs)
  let fed = new Fed()
  const notable: Notable = { cardId: undefined, terminalId: undefined }
  return {
    system: fraudSystem({ order }),
    about: `${about}; labels after ${options.flags.get('label-delay') ?? '7d'}; terminals in order of ${order === 'eventTime' ? 'event time' : 'arrival'}`,
    total: Math.round(survey.transactions / (1 - bad)) + survey.labels,
    get fed() { return fed },
    feed: () => feed(input, (fed = new Fed())),
    expect: compareFeatures,
    conclude: (reader) => conclusion(reader, fed, labelDelayMs, order, notable),
    get tryNext() {
      const { cardId = '0', terminalId = '0' } = notable
      return [`statelog get card ${cardId}`, `statelog history card ${cardId}`, `statelog get terminal ${terminalId}`, 'statelog dlq list']
    },
  }
}

/** A first pass counts, and finds what is wrong with a file before anything runs. */
async function surveyed(payments: Payments, labelDelayMs: number): Promise<Fed> {
  const survey = new Fed()
  for await (const moments of timeline(payments, labelDelayMs)) for (const moment of moments) survey.add(moment)
  return survey
}

function orderOf({ flags, data }: ScenarioOptions): 'arrival' | 'eventTime' {
  const order = flags.get('order') ?? (data === undefined ? 'arrival' : 'eventTime')
  if (order === 'arrival' || order === 'eventTime') return order
  throw new DefinitionError([`--order is '${order}', expected arrival or eventTime`])
}

function source({ data, seed, events = EVENTS_DEFAULT }: ScenarioOptions): { readonly payments: Payments; readonly about: string } {
  if (data !== undefined) return { payments: filePayments(data), about: `payments of ${data}` }
  const { payments, customers, terminals } = generatedPayments(seed, events)
  return { payments, about: `${events} generated payments (seed ${seed}) of ${customers} customers at ${terminals} terminals` }
}

function shareOf(text: string): number {
  const share = Number(text)
  if (text.trim() !== '' && share >= 0 && share < 1) return share
  throw new DefinitionError([`--bad is '${text}', expected a share of 0 or more, below 1`])
}

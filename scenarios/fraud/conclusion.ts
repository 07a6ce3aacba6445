// Conclusion: what the decisions of a run came to, in lines for people.
import type { OutputReader } from '../../system/authoring/scenario.ts'
import type { Fed } from './feed.ts'
import { day, percent, thousands } from '../text.ts'

/** Entities worth a look after a run. */
export interface Notable {
  cardId: string | undefined
  terminalId: string | undefined
}

interface Tally {
  readonly decisions: Record<string, number>
  /** Of the transactions whose truth is known by the end of the run. */
  stopped: number
  stoppedRightly: number
  known: number
  frauds: number
  fraudAmount: number
  stoppedAmount: number
  model: string
}

interface Alert {
  readonly cardId: string
  readonly score: number
}

export async function conclusion(reader: OutputReader, fed: Fed, labelDelayMs: number, order: string, notable: Notable): Promise<readonly string[]> {
  const tally = await tallyOf(reader, fed, fed.lastMs - labelDelayMs, notable)
  const { approve = 0, review = 0, decline = 0 } = tally.decisions
  const decided = approve + review + decline
  if (decided === 0) return ['no decisions yet']
  return [
    `${thousands(fed.transactions)} transactions and ${thousands(fed.labels)} labels, ${day(fed.firstMs)} to ${day(fed.lastMs)}, terminals in order of ${order === 'eventTime' ? 'event time' : 'arrival'} (--order ${order})`,
    `${thousands(decided)} decisions by ${tally.model}: ${thousands(approve)} approve · ${thousands(review)} review · ${thousands(decline)} decline`,
    caughtLine(tally),
    await alertLine(reader, notable),
    ...badLines(fed),
  ]
}

async function tallyOf(reader: OutputReader, fed: Fed, knownUntilMs: number, notable: Notable): Promise<Tally> {
  const tally: Tally = { decisions: {}, stopped: 0, stoppedRightly: 0, known: 0, frauds: 0, fraudAmount: 0, stoppedAmount: 0, model: '' }
  for await (const { event } of reader.outputs('decisions')) {
    const decision = String(event['decision'])
    tally.decisions[decision] = (tally.decisions[decision] ?? 0) + 1
    if (tally.model === '') {
      const model = event['model'] as { readonly name: string; readonly version: number; readonly hash: string }
      tally.model = `model ${model.name} v${model.version} (${model.hash.slice(0, 8)})`
    }
    if (decision === 'decline') notable.terminalId = String(event['terminalId'])
    if ((event['time'] as number) > knownUntilMs) continue
    const isFraud = fed.frauds.has(String(event['transactionId']))
    const isStopped = decision !== 'approve'
    tally.known += 1
    if (isStopped) tally.stopped += 1
    if (!isFraud) continue
    tally.frauds += 1
    tally.fraudAmount += event['amount'] as number
    if (!isStopped) continue
    tally.stoppedRightly += 1
    tally.stoppedAmount += event['amount'] as number
  }
  return tally
}

function caughtLine({ stopped, stoppedRightly, known, frauds, fraudAmount, stoppedAmount }: Tally): string {
  if (known === 0) return 'no labels yet: too early to say how much fraud was caught'
  if (frauds === 0) return `no fraud among the ${thousands(known)} transactions with a label`
  return `fraud caught (declined or sent to review): ${thousands(stoppedRightly)} of ${thousands(frauds)} frauds = ${percent(stoppedRightly, frauds)}, ` +
    `${thousands(Math.round(stoppedAmount))} of ${thousands(Math.round(fraudAmount))} in money; ${percent(stoppedRightly, stopped)} of what was stopped was fraud (${thousands(known)} transactions have a label)`
}

async function alertLine(reader: OutputReader, notable: Notable): Promise<string> {
  const blocks = new Map<string, number>()
  let top: Alert | undefined
  let count = 0
  let unblocked = 0
  for await (const { event } of reader.outputs('alerts')) {
    if (event['type'] !== 'card.blocked') {
      unblocked += 1
      continue
    }
    const alert = { cardId: String(event['cardId']), score: event['score'] as number }
    count += 1
    blocks.set(alert.cardId, (blocks.get(alert.cardId) ?? 0) + 1)
    if (top === undefined || alert.score > top.score) top = alert
  }
  if (top === undefined) return 'no card was blocked'
  const [cardId, times] = [...blocks].reduce((most, one) => (one[1] > most[1] ? one : most))
  notable.cardId = cardId
  return `cards blocked ${thousands(count)} times and released ${thousands(unblocked)} times (topic 'alerts'); most often card ${cardId}, ${times} times; highest score ${top.score.toFixed(3)}, card ${top.cardId}`
}

function badLines({ bad }: Fed): readonly string[] {
  if (bad.size === 0) return []
  const total = [...bad.values()].reduce((sum, one) => sum + one, 0)
  return [`bad records fed on purpose: ${thousands(total)} (${[...bad].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => `${name} ${thousands(one)}`).join(', ')}): each is a dead letter`]
}

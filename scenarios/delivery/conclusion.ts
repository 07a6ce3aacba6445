// Conclusion: what the outputs of a run came to, in lines for people.
import type { Suspicion } from '../../actors/delivery/outputs.ts'
import { SILENT_MS } from '../../actors/delivery/pings.ts'
import type { OutputReader } from '../../system/authoring/scenario.ts'
import { minutes, moment, percent, thousands } from '../text.ts'
import type { Fed } from './feed.ts'
import { etasOf, livesOf, paymentsOf, silentDeliveries, suspectsOf } from './judgement.ts'
import type { Etas, Lives, Payments } from './judgement.ts'
import type { Truth } from './moment.ts'

/** Entities worth a look after a run. */
export interface Notable {
  deliveryId: string | undefined
  suspectId: string | undefined
}

export interface Concluded {
  readonly fed: Fed
  readonly riders: number
  readonly order: 'arrival' | 'eventTime'
  /** Undefined for a file: nobody knows who spoofed. */
  readonly truth: Truth | undefined
  readonly notable: Notable
}

type Suspects = ReadonlyMap<string, ReadonlySet<Suspicion['sign']>>

export async function conclusion(reader: OutputReader, { fed, riders, order, truth, notable }: Concluded): Promise<readonly string[]> {
  const lives = await livesOf(reader)
  const etas = await etasOf(reader, lives)
  const suspects = await suspectsOf(reader)
  const payments = await paymentsOf(reader, lives, suspects)
  notable.deliveryId = [...lives.lost].find((id) => lives.completedMs.has(id)) ?? [...lives.completedMs.keys()].at(0)
  notable.suspectId = [...suspects.keys()].at(0)
  return [
    `${thousands(fed.pings)} pings of ${thousands(riders)} riders, ${thousands(fed.outOfOrder)} of them out of order, ${moment(fed.firstMs)} to ${moment(fed.lastMs)} UTC; deliveries in order of ${order === 'eventTime' ? 'event time' : 'arrival'} (--order ${order})`,
    livesLine(fed, lives),
    etaLine(etas, lives),
    spoofLine(suspects, truth),
    lostLine(lives, truth, fed.lastMs),
    paymentLine(payments, lives, suspects),
  ]
}

function livesLine({ placed }: Fed, { ended }: Lives): string {
  const { completed = 0, cancelled = 0, failed = 0 } = ended
  return `deliveries: ${thousands(placed)} placed: ${thousands(completed)} completed · ${thousands(cancelled)} cancelled · ${thousands(failed)} failed, their riders lost for good · ${thousands(placed - completed - cancelled - failed)} not over yet`
}

function etaLine({ errors, ahead, all, model }: Etas, { promised }: Lives): string {
  if (errors.count === 0) return `ETAs: ${thousands(all)}, of no delivery that was completed: too early to say how good they are`
  return `ETA error: half within ${minutes(errors.within(0.5))}, nine of ten within ${minutes(errors.within(0.9))}, made ${minutes(ahead.sumMs / ahead.count / 1000)} before the arrival on average; ` +
    `first ETA of a delivery: half within ${minutes(promised.within(0.5))} (${thousands(errors.count)} of ${thousands(all)} ETAs are of completed deliveries, by ${model})`
}

function spoofLine(suspects: Suspects, truth: Truth | undefined): string {
  const bySign = new Map<string, number>()
  for (const signs of suspects.values()) for (const sign of signs) bySign.set(sign, (bySign.get(sign) ?? 0) + 1)
  const signs = [...bySign].sort(([a], [b]) => (a < b ? -1 : 1)).map(([sign, count]) => `${WORDS[sign as Suspicion['sign']]} ${count}`).join(', ')
  if (truth === undefined) return `spoofing: ${thousands(suspects.size)} riders suspected${signs === '' ? '' : ` (${signs})`}; a file does not say whether rightly`
  const right = [...suspects.keys()].filter((riderId) => truth.spoofers.has(riderId)).length
  const found = [...truth.spoofers.keys()].filter((riderId) => suspects.has(riderId)).length
  return `spoofing: ${thousands(found)} of ${thousands(truth.spoofers.size)} spoofers found = ${percent(found, truth.spoofers.size)} recall; ` +
    `${thousands(right)} of ${thousands(suspects.size)} suspected riders are spoofers = ${percent(right, suspects.size)} precision${signs === '' ? '' : ` (signs: ${signs})`}`
}

const WORDS: Readonly<Record<Suspicion['sign'], string>> = { speed: 'impossible speed', teleport: 'teleport', staleClock: 'stale clock', repeatedTrack: 'repeated track' }

function lostLine(lives: Lives, truth: Truth | undefined, endMs: number): string {
  const { lost, found } = lives
  const line = `lost riders: ${thousands(lost.size)} deliveries without a ping for ${minutes(SILENT_MS / 1000)}, ${thousands(found.size)} of them heard of again`
  if (truth === undefined) return line
  const silent = silentDeliveries(truth, lives, SILENT_MS, endMs)
  return `${line}; ${thousands([...silent].filter((id) => lost.has(id)).length)} of the ${thousands(silent.size)} whose phones died were noticed`
}

function paymentLine({ count, cents, wrong, doubtful }: Payments, { completedMs }: Lives, suspects: Suspects): string {
  const exactly = wrong === 0 ? 'exactly one each' : `WRONG: ${thousands(wrong)} deliveries without exactly one`
  return `payments: ${thousands(count)} for ${thousands(completedMs.size)} completed deliveries, ${exactly}; ${thousands(Math.round(cents / 100))} in money` +
    (suspects.size === 0 ? '' : `; ${thousands(doubtful)} of them to riders under suspicion`)
}

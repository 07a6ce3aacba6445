// Judgement: the outputs of a run against what the story knows. Counts only; `conclusion.ts` makes lines of them.
import type { OutputReader } from '../../system/authoring/scenario.ts'
import type { Suspicion } from '../../actors/delivery/outputs.ts'
import type { Truth } from './moment.ts'

/** Errors in whole seconds, so that any number of them takes little room. Longer ones count as two hours. */
export class Errors {
  readonly #bySecond = new Float64Array(7201)
  count = 0
  sumMs = 0

  add(errorMs: number): void {
    const second = Math.min(7200, Math.round(Math.abs(errorMs) / 1000))
    this.#bySecond[second]! += 1
    this.count += 1
    this.sumMs += Math.abs(errorMs)
  }

  /** The least number of seconds that `share` of all errors do not exceed. */
  within(share: number): number {
    let seen = 0
    return Math.max(0, this.#bySecond.findIndex((count) => (seen += count) >= share * this.count))
  }
}

export interface Lives {
  /** Deliveries by their last step: completed, failed, cancelled, lost; the others are underway. */
  readonly ended: Record<string, number>
  readonly lost: Set<string>
  readonly found: Set<string>
  /** Delivery -> when it was completed. */
  readonly completedMs: Map<string, number>
  readonly promised: Errors
}

export async function livesOf(reader: OutputReader): Promise<Lives> {
  const lives: Lives = { ended: {}, lost: new Set(), found: new Set(), completedMs: new Map(), promised: new Errors() }
  for await (const { event } of reader.outputs('deliveries')) {
    const step = String(event['type']).slice('delivery.'.length)
    const deliveryId = String(event['deliveryId'])
    if (step === 'lost') lives.lost.add(deliveryId)
    if (step === 'found') lives.found.add(deliveryId)
    if (step === 'completed') {
      lives.completedMs.set(deliveryId, event['time'] as number)
      if (typeof event['promised'] === 'number') lives.promised.add((event['time'] as number) - event['promised'])
    }
    if (step === 'completed' || step === 'failed' || step === 'cancelled') lives.ended[step] = (lives.ended[step] ?? 0) + 1
  }
  return lives
}

export interface Etas {
  readonly errors: Errors
  /** How long before the arrival they were made. */
  readonly ahead: Errors
  readonly all: number
  readonly model: string
}

/** Only an ETA of a delivery that was completed can be judged. */
export async function etasOf(reader: OutputReader, { completedMs }: Lives): Promise<Etas> {
  const [errors, ahead] = [new Errors(), new Errors()]
  let all = 0
  let name = ''
  for await (const { event } of reader.outputs('etas')) {
    all += 1
    if (name === '') {
      const model = event['model'] as { readonly name: string; readonly version: number; readonly hash: string }
      name = `model ${model.name} v${model.version} (${model.hash.slice(0, 8)})`
    }
    const arrivedMs = completedMs.get(String(event['deliveryId']))
    if (arrivedMs === undefined) continue
    errors.add((event['arrival'] as number) - arrivedMs)
    ahead.add(arrivedMs - (event['time'] as number))
  }
  return { errors, ahead, all, model: name }
}

/** Rider -> the kinds of signs it was suspected by. */
export async function suspectsOf(reader: OutputReader): Promise<ReadonlyMap<string, ReadonlySet<Suspicion['sign']>>> {
  const suspects = new Map<string, Set<Suspicion['sign']>>()
  for await (const { event } of reader.outputs('spoofing')) {
    const riderId = String(event['riderId'])
    suspects.set(riderId, (suspects.get(riderId) ?? new Set()).add(event['sign'] as Suspicion['sign']))
  }
  return suspects
}

export interface Payments {
  readonly count: number
  readonly cents: number
  /** Deliveries that were completed without exactly one payment, and payments of others. */
  readonly wrong: number
  /** To riders under suspicion. */
  readonly doubtful: number
}

export async function paymentsOf(reader: OutputReader, { completedMs }: Lives, suspects: ReadonlyMap<string, unknown>): Promise<Payments> {
  const times = new Map<string, number>()
  let [count, cents, doubtful] = [0, 0, 0]
  for await (const { event } of reader.outputs('payments')) {
    const deliveryId = String(event['deliveryId'])
    times.set(deliveryId, (times.get(deliveryId) ?? 0) + 1)
    count += 1
    cents += event['amountCents'] as number
    if (suspects.has(String(event['riderId']))) doubtful += 1
  }
  const unpaid = [...completedMs.keys()].filter((deliveryId) => !times.has(deliveryId)).length
  const odd = [...times].filter(([deliveryId, paid]) => paid !== 1 || !completedMs.has(deliveryId)).length
  return { count, cents, wrong: unpaid + odd, doubtful }
}

/** Deliveries that were not over when their phone died, for so long that it must have been noticed by the end of the story. */
export function silentDeliveries({ silences }: Truth, { completedMs }: Lives, silentMs: number, endMs: number): ReadonlySet<string> {
  const isUnderway = (deliveryId: string, atMs: number): boolean => (completedMs.get(deliveryId) ?? Infinity) > atMs
  return new Set(silences.filter(({ deliveryId, fromMs, untilMs }) => Math.min(untilMs, endMs) - fromMs > silentMs && isUnderway(deliveryId, fromMs)).map(({ deliveryId }) => deliveryId))
}

// Examples to train and judge the ETA model on: the vectors that deliveries ask a score for, with the seconds it really took.
//
// The delivery's own machine makes the vectors, so that they are those of a run. Deliveries of spoofers and unfinished ones teach nothing.
import { delivery } from '../../actors/delivery/delivery.ts'
import { etaFeatures } from '../../actors/delivery/features.ts'
import type { Examples } from '../../system/models/training/examples.ts'
import type { Story } from './generated.ts'
import type { Moment } from './moment.ts'

const { machine } = delivery('eventTime')

interface Life {
  readonly riderId: string
  readonly asked: { readonly timeMs: number; readonly vector: readonly number[] }[]
  completedMs: number | undefined
}

/** Of one score in `every`. */
export async function etaExamples({ moments, truth }: Story, every = 1): Promise<Examples> {
  const lives = new Map<string, Life>()
  const step = stepper(lives)
  for await (const some of moments()) for (const moment of some) step(moment)
  const rows: (readonly number[])[] = []
  const labels: number[] = []
  let count = 0
  for (const { riderId, asked, completedMs } of lives.values()) {
    if (completedMs === undefined || truth().spoofers.has(riderId)) continue
    for (const { timeMs, vector } of asked) {
      count += 1
      if (count % every !== 0) continue
      rows.push(vector)
      labels.push((completedMs - timeMs) / 1000)
    }
  }
  return { features: etaFeatures.names, rows, labels }
}

/** Takes moments in the order of arrival, and writes down what every delivery asks and when it completes. */
function stepper(lives: Map<string, Life>): (moment: Moment) => void {
  const states = new Map<string, Parameters<typeof machine.step>[0]>()
  return (moment) => {
    const event = moment.kind === 'ping' ? moment.ping : moment.event
    const { deliveryId } = event
    if (deliveryId === '') return
    const known = states.get(deliveryId)
    if (known !== undefined && machine.status(known) !== 'active') return
    const initial = known === undefined ? machine.initial({ id: deliveryId }, 0) : undefined
    const state = known ?? (initial?.kind === 'ok' ? initial.state : undefined)
    const result = state === undefined ? undefined : machine.step(state, event, 0)
    if (result?.kind !== 'ok') throw new TypeError(`delivery ${deliveryId} failed in a ${event.type}`)
    states.set(deliveryId, result.state)
    const life = lives.get(deliveryId) ?? { riderId: deliveryId.replace(/-\d+$/, ''), asked: [], completedMs: undefined }
    lives.set(deliveryId, life)
    for (const effect of result.effects) {
      if (effect.kind === 'infer') life.asked.push({ timeMs: event.time, vector: effect.vector })
      if (effect.kind === 'emit' && effect.event.type === 'delivery.completed') life.completedMs = event.time
    }
  }
}

// Delivery: riders, their GPS and their deliveries, generated or from a file; three groups of consumers look at the same pings.
import { defineScenario } from 'statelog'
import type { ScenarioOptions, ScenarioRun } from 'statelog'
import { deliverySystem } from '../actors/delivery/system.ts'
import { DefinitionError } from '../system/protocol/failures.ts'
import { conclusion } from './delivery/conclusion.ts'
import type { Notable } from './delivery/conclusion.ts'
import { Fed, feed } from './delivery/feed.ts'
import { fileStory } from './delivery/files.ts'
import { generatedStory } from './delivery/generated.ts'
import type { Story } from './delivery/generated.ts'

/** Pings generated unless `--events` says otherwise: an evening of 60 riders, half a minute of work. */
const EVENTS_DEFAULT = 150_000

export interface DeliveryRun extends ScenarioRun {
  /** What the latest feed has yielded so far. */
  readonly fed: Fed
}

export const delivery = defineScenario({
  name: 'delivery',
  title: 'riders on GPS: an ETA per ping, spoofers, lost riders, one payment per delivery',
  flags: {
    order: { help: 'order of the deliveries: eventTime (default) or arrival', values: ['arrival', 'eventTime'] },
  },
  prepare: prepareDelivery,
  system: (options) => deliverySystem({ order: orderOf(options) }),
})

export async function prepareDelivery(options: ScenarioOptions): Promise<DeliveryRun> {
  const order = orderOf(options)
  const { story, about } = await source(options)
  const { events } = await surveyed(story)
  let fed = new Fed()
  const notable: Notable = { deliveryId: undefined, suspectId: undefined }
  return {
    system: deliverySystem({ order }),
    about: `${about}; deliveries in order of ${order === 'eventTime' ? 'event time' : 'arrival'}`,
    total: events,
    get fed() { return fed },
    feed: () => feed(story.moments, (fed = new Fed())),
    conclude: (reader) => conclusion(reader, { fed, riders: story.riders, order, truth: options.data === undefined ? story.truth() : undefined, notable }),
    get tryNext() {
      const { deliveryId, suspectId } = notable
      return [
        ...(deliveryId === undefined ? [] : [`statelog history delivery ${deliveryId}`, `statelog get rider ${deliveryId.replace(/-\d+$/, '')}`]),
        ...(suspectId === undefined ? [] : [`statelog history spoof ${suspectId}`]),
        'statelog dlq list',
      ]
    },
  }
}

/** A first pass counts. */
async function surveyed({ moments }: Story): Promise<{ readonly events: number }> {
  let events = 0
  for await (const some of moments()) events += some.length
  return { events }
}

function orderOf({ flags }: ScenarioOptions): 'arrival' | 'eventTime' {
  const order = flags.get('order') ?? 'eventTime'
  if (order === 'arrival' || order === 'eventTime') return order
  throw new DefinitionError([`--order is '${order}', expected arrival or eventTime`])
}

async function source({ data, seed, events = EVENTS_DEFAULT }: ScenarioOptions): Promise<{ readonly story: Story; readonly about: string }> {
  if (data !== undefined) {
    const story = await fileStory(data)
    return { story, about: `GPS points of ${story.riders} people in ${data}, each trip a delivery` }
  }
  const story = generatedStory(seed, events)
  return { story, about: `${events} generated pings (seed ${seed}) of ${story.riders} riders, one in six a spoofer` }
}

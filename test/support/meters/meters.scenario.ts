// A story of meters: readings once a second, one bad record in every hundred. `--events` says how many readings.
import { readFileSync } from 'node:fs'
import { defineScenario } from '../../../adapters/node/statelog.ts'
import type { FeedItem, OutputReader, ScenarioOptions } from '../../../adapters/node/statelog.ts'
import { utf8Encode } from '../../../system/protocol/utf8.ts'
import { meters } from './system.ts'

const START_MS = Date.UTC(2025, 0, 1)
const METERS = 20
const CHUNK = 50

async function* feed(seed: number, events: number): AsyncGenerator<readonly FeedItem[]> {
  for (let from = 0; from < events; from += CHUNK) {
    const items: FeedItem[] = []
    for (let n = from; n < Math.min(events, from + CHUNK); n += 1) {
      const timeMs = START_MS + n * 1000
      const meter = `m${n % METERS}`
      items.push({ topic: 'readings', key: meter, timeMs, event: { type: 'reading', time: timeMs, meter, value: (n * 7 + seed) % 100 } })
      if (n % 100 === 99) items.push({ topic: 'readings', key: utf8Encode(meter), timeMs, value: utf8Encode('{"type":"reading",') })
    }
    yield [...items, { topic: 'readings', watermarkMs: START_MS + Math.min(events, from + CHUNK) * 1000 }]
  }
}

async function count(reader: OutputReader, topic: string): Promise<number> {
  let found = 0
  for await (const _output of reader.outputs(topic)) found += 1
  return found
}

export default defineScenario({
  name: 'meters',
  title: 'readings, judged one by one',
  flags: { mood: { help: 'of the meters', values: ['calm', 'wild'] } },
  system: () => meters,
  async prepare({ seed, events = 1000 }: ScenarioOptions) {
    return {
      system: meters,
      about: `${events} readings of ${METERS} meters (seed ${seed})`,
      total: events + Math.floor(events / 100),
      feed: () => feed(seed, events),
      conclude: async (reader) => [`${await count(reader, 'judgements')} readings judged`],
      expect: async (file, reader) => {
        const expected = Number(readFileSync(file, 'utf8'))
        const found = await count(reader, 'judgements')
        return { compared: found, different: Math.abs(found - expected), examples: found === expected ? [] : [`${found} judged, ${expected} expected`], summary: `${found} judgements compared, ${Math.abs(found - expected)} different` }
      },
      tryNext: ['statelog get meter m3'],
    }
  },
})

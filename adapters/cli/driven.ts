// Driven: a run's scenario as callers over HTTP see it.
import type { ScenarioRun } from '../../system/authoring/scenario.ts'
import type { Scenario } from '../http/scenario.ts'
import type { Embedded } from '../node/embedded.ts'
import type { Feeder } from '../node/feeder.ts'
import type { Tempo } from '../node/tempo.ts'

export interface Driven {
  readonly scenario: ScenarioRun
  readonly feeder: Feeder
  readonly tempo: Tempo
}

export function drivenScenario(name: string, { scenario, feeder, tempo }: Driven, embedded: Embedded): Scenario {
  return {
    look: async () => {
      const { lag } = await embedded.look()
      const { events, ended } = feeder.progress
      const { rate, isPaused } = tempo.now
      return { name, about: scenario.about, state: ended ? 'ended' : isPaused ? 'paused' : 'feeding', sent: events, ...(scenario.total === undefined ? {} : { total: scenario.total }), rate: rate ?? null, lag }
    },
    change: ({ rate, paused }) => tempo.change({ ...(rate === undefined ? {} : { rate: rate ?? undefined }), ...(paused === undefined ? {} : { isPaused: paused }) }),
  }
}

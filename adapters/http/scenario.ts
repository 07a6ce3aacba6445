// Scenario: the load that a run drives its system with, as far as callers may look at it and change it.

export interface ScenarioLook {
  readonly name: string
  /** One line: what happens, where the input comes from. */
  readonly about: string
  /** Ended: everything is sent. */
  readonly state: 'feeding' | 'paused' | 'ended'
  /** Events so far, those of earlier runs in the folder too, and how many are expected. */
  readonly sent: number
  readonly total?: number
  /** Events a second that are wished for; null: as fast as they are consumed. */
  readonly rate: number | null
  /** Records that are not consumed yet. */
  readonly lag: number
}

/** What is left out stays. */
export interface ScenarioChange {
  readonly rate?: number | null
  readonly paused?: boolean
}

export interface Scenario {
  look(): Promise<ScenarioLook>
  change(change: ScenarioChange): void
}

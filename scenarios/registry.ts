// Every scenario by its name, for the command line. Loaded when it is asked for: whoever runs a system of their own needs none of them.
import type { ScenarioDefinition } from 'statelog'

export const scenarios: ReadonlyMap<string, () => Promise<ScenarioDefinition>> = new Map([
  ['fraud', async () => (await import('./fraud.ts')).fraud],
  ['delivery', async () => (await import('./delivery.ts')).delivery],
])

// Every scenario by its name, for the command line.
import type { ScenarioDefinition } from 'statelog'
import { delivery } from './delivery.ts'
import { fraud } from './fraud.ts'

export const scenarios: ReadonlyMap<string, ScenarioDefinition> = new Map([fraud, delivery].map((scenario) => [scenario.name, scenario]))

// Every scenario by its name, for the command line.
import type { ScenarioDefinition } from 'statelog'
import { fraud } from './fraud.ts'

export const scenarios: ReadonlyMap<string, ScenarioDefinition> = new Map([fraud].map((scenario) => [scenario.name, scenario]))

// Schemas of a scenario.
import { COUNT, object, TEXT } from './schema-words.ts'
import type { Schema } from './schema-words.ts'

const RATE: Schema = { type: ['number', 'null'], minimum: 0.001, maximum: 1_000_000, description: 'Events a second; null: as fast as they are consumed.' }

export const SCENARIO_SCHEMAS = {
  Scenario: object({
    name: TEXT, about: TEXT, state: { enum: ['feeding', 'paused', 'ended'], description: 'Ended: everything is sent.' }, sent: { ...COUNT, description: 'Events, those of earlier runs in the folder too.' },
    total: { ...COUNT, description: 'How many are expected.' }, rate: RATE, lag: { ...COUNT, description: 'Records that are not consumed yet.' },
  }, ['name', 'about', 'state', 'sent', 'rate', 'lag']),
  ScenarioChange: { ...object({ rate: RATE, paused: { type: 'boolean' } }, []), additionalProperties: false, minProperties: 1, description: 'What is left out stays.' },
} satisfies Record<string, Schema>

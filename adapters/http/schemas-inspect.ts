// Schemas of inspection events: those of @statelyai/inspect, and where each of them stands.
import { COUNT, list, object, TEXT } from './schema-words.ts'
import type { Schema } from './schema-words.ts'

const SNAPSHOT = object({ status: { enum: ['active', 'done', 'error', 'stopped'] }, value: { description: 'Active states, as XState writes them.' }, context: {}, output: {} }, ['status'])
const INSPECTION = {
  ...object({
    type: { enum: ['@xstate.actor', '@xstate.event', '@xstate.snapshot'] }, rootId: TEXT, sessionId: { ...TEXT, description: 'type/id' }, createdAt: { ...TEXT, description: 'Milliseconds since the epoch.' }, id: TEXT, _version: TEXT,
    name: { ...TEXT, description: 'Of an actor.' }, definition: { ...TEXT, description: 'Of an actor: its statechart as JSON.' }, event: { type: 'object', description: 'Of an event, and of the snapshot after it.' }, snapshot: SNAPSHOT,
    statelog: {
      ...object({
        partition: COUNT, life: { type: 'string', format: 'uuid' }, seq: COUNT, n: COUNT, cause: TEXT, refused: object({ class: TEXT, directive: TEXT }), isAfterGap: { type: 'boolean', description: 'What stood before it is not told.' },
      }, ['partition', 'life', 'seq']),
      description: 'Where it stands.',
    },
  }, ['type', 'rootId', 'sessionId', 'createdAt', 'id', '_version', 'statelog']),
  description: 'An event of @statelyai/inspect, to be handed to an inspector\'s adapter.',
} satisfies Schema

export const INSPECT_SCHEMAS = { Inspection: INSPECTION, Inspections: list({ $ref: '#/components/schemas/Inspection' }) } satisfies Record<string, Schema>

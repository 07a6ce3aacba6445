// Schemas of what goes back, for the OpenAPI document.
import { FLOW_SCHEMAS } from './schemas-flow.ts'
import { FEATURES_SCHEMA } from './schemas-features.ts'
import { INSPECT_SCHEMAS } from './schemas-inspect.ts'
import { LOG_SCHEMAS } from './schemas-log.ts'
import { SCENARIO_SCHEMAS } from './schemas-scenario.ts'
import { COUNT, list, object, TEXT } from './schema-words.ts'
import type { Schema } from './schema-words.ts'

const STANDING = { partition: COUNT, life: { type: 'string', format: 'uuid' }, epoch: COUNT, seq: COUNT } satisfies Record<string, Schema>
const OF_PARTITION = { type: TEXT, partition: COUNT, state: { ...TEXT, description: "Of the partition's life: live, recovering, waiting, failed ...; absent where nobody has it, at rest or elsewhere where its log alone is read." }, reason: TEXT } satisfies Record<string, Schema>

export const SCHEMAS = {
  Standing: { ...object(STANDING), description: 'A place in the order of commits of a partition. Within a life, (epoch, seq) grows.' },
  Error: object({ error: { ...object({ code: TEXT, message: TEXT, partition: object(OF_PARTITION) }, ['code', 'message']), additionalProperties: true } }),
  Health: object({ status: TEXT }),
  Types: object({ types: list(object({ type: TEXT, version: COUNT, code: TEXT, partitions: COUNT, sources: list(TEXT) })) }),
  States: object({ type: TEXT, entities: COUNT, parked: COUNT, states: { type: 'object', additionalProperties: COUNT }, at: list({ $ref: '#/components/schemas/Standing' }) }),
  Partitions: object({
    partitions: list(object({
      ...OF_PARTITION, at: { $ref: '#/components/schemas/Standing' }, lag: object({ sources: COUNT, inbox: COUNT }), entities: COUNT, parked: COUNT,
      watermarkMs: { type: ['number', 'string'] }, waitingFor: list(TEXT),
    }, Object.keys(OF_PARTITION))),
  }),
  Entity: {
    ...object({
      type: TEXT, id: TEXT, ...STANDING, code: TEXT, watermarkMs: { type: ['number', 'string'] }, found: { type: 'boolean' },
      value: { description: 'Active states, as XState writes them.' }, configuration: TEXT, context: {}, status: { enum: ['active', 'done', 'error', 'stopped', 'unborn'] }, changedSeq: { ...COUNT, description: 'Commit that changed it last; of a state that was read back from where it is stored, the commit that stored it.' },
      timers: list({ type: 'object' }), tasks: list({ type: 'object' }), held: list({ type: 'object' }), expireAtMs: { type: 'number' }, parked: { type: 'object' },
      features: list({ $ref: '#/components/schemas/Features' }),
    }, ['type', 'id', ...Object.keys(STANDING), 'code', 'found', 'status', 'changedSeq', 'timers', 'tasks', 'held']),
    description: 'What `statelog get --json` prints; `features` where it is asked for.',
  },
  Features: FEATURES_SCHEMA,
  Chart: {
    ...object({ hash: TEXT, outline: { type: 'object', description: 'States and transitions by their names.' }, drawing: { type: ['object', 'null'], description: 'Boxes, lines and texts with their places; null where it cannot be drawn.' }, reason: TEXT }, ['hash', 'outline', 'drawing']),
    description: 'A statechart. What `statelog chart --format json` prints is its outline.',
  },
  ...LOG_SCHEMAS,
  ...INSPECT_SCHEMAS,
  Event: { ...object({ type: { type: 'string', minLength: 1 } }), additionalProperties: true, description: 'An event of the machine, with its fields.' },
  Outcome: object({ outcome: { enum: ['reply', 'waiting'] }, command: TEXT, type: TEXT, id: TEXT, reply: { description: 'What the machine replied; null for nothing.' }, at: { $ref: '#/components/schemas/Standing' }, partition: object(OF_PARTITION) }, ['outcome', 'command', 'type', 'id']),
  ...FLOW_SCHEMAS,
  ...SCENARIO_SCHEMAS,
} satisfies Record<string, Schema>

// Schema of the document that watchers are told of.

type Schema = Readonly<Record<string, unknown>>

const TEXT: Schema = { type: 'string' }
const COUNT: Schema = { type: 'integer', minimum: 0 }
const NUMBER: Schema = { type: 'number', minimum: 0 }
const object = (properties: Readonly<Record<string, Schema>>, required = Object.keys(properties)): Schema => ({ type: 'object', properties, required })
const named = (schema: Schema, description: string): Schema => ({ type: 'object', additionalProperties: schema, description })

const PARTITION = object({
  state: TEXT, reason: TEXT, inputs: COUNT, deadLetters: COUNT, owner: TEXT, epoch: COUNT, seq: COUNT, lag: object({ sources: COUNT, inbox: COUNT }), entities: COUNT, parked: COUNT,
  watermarkMs: { type: 'number' }, commitMs: object({ p50: NUMBER, p99: NUMBER }),
}, ['state', 'reason', 'inputs', 'deadLetters'])

const TYPE = object({
  entities: COUNT, parked: COUNT,
  occupancy: named(COUNT, 'Entities by configuration; beyond a thousand under `...`.'), taken: named(COUNT, 'How often each transition was taken, by its id.'),
  refused: named(COUNT, 'Dead letters by class.'), refusedIn: named(named(COUNT, 'By class.'), "Dead letters by the configuration of their entity; '' where there was none."),
  inputs: COUNT, outputs: COUNT, deadLetters: COUNT, drops: COUNT, decisions: COUNT,
  latencyMs: named(NUMBER, 'From the time of the record that began a turn to its commit, by the id of the transition: a mean over some of the newest.'),
  partitions: named(PARTITION, 'By index.'),
})

export const FLOW_SCHEMAS = {
  Flow: { ...object({ at: COUNT, system: TEXT, types: named(TYPE, 'By actor type.') }), description: 'What a system does. Occupancy is committed state; counts are of the time since somebody began to look at this server.' },
} satisfies Record<string, Schema>

// Schemas of what is read from the log, and from what is made of it.
import { COUNT, list, object, TEXT } from './schema-words.ts'
import type { Schema } from './schema-words.ts'

const PLACE_OF_LETTER = object({ topic: TEXT, partition: COUNT, offset: COUNT })
const BYTES: Schema = { description: 'As text, or in hex where it is none; null: there is none.', oneOf: [object({ text: TEXT }), object({ hex: TEXT }), { type: 'null' }] }
const LETTER = {
  dlq: { ...PLACE_OF_LETTER, description: 'Where it stands.' }, class: TEXT, message: TEXT, stage: TEXT, directive: TEXT, group: { ...TEXT, description: 'Who refused it: <system>.<type>.' },
  entity: TEXT, topic: { ...TEXT, description: 'Where the input stood.' }, partition: COUNT, offset: COUNT, timer: TEXT, attempts: COUNT, firstMs: { type: 'number' }, lastMs: { type: 'number' },
  bytes: { ...COUNT, description: 'Of its value; the first 64 KiB are kept.' }, sha256: TEXT, headersLeftOut: COUNT, key: BYTES,
} satisfies Record<string, Schema>
const ALWAYS_OF_LETTER = ['dlq', 'class', 'message', 'stage', 'directive', 'group', 'topic', 'partition', 'attempts', 'firstMs', 'lastMs', 'bytes', 'key']

export const LOG_SCHEMAS = {
  Entities: object({
    entities: list(object({ id: TEXT, configuration: { ...TEXT, description: 'Paths of the active leaf states; absent: it is in none yet.' }, changedSeq: { ...COUNT, description: 'Commit that stored what is shown.' }, changedMs: { type: 'number', description: 'Its time.' }, numbers: { type: 'object', description: 'Those that `where` names.' } }, ['id', 'changedSeq', 'changedMs'])),
    next: { ...TEXT, description: '`after` of the next page.' },
    index: object({ lag: COUNT, at: list({ $ref: '#/components/schemas/Standing' }) }),
  }, ['entities', 'index']),
  History: object({
    type: TEXT, id: TEXT, at: { $ref: '#/components/schemas/Standing' },
    events: list(object({
      seq: COUNT, n: { ...COUNT, description: 'Among the inputs of its entity in that commit.' }, timeMs: { type: 'number', description: 'Event time.' }, nowMs: { type: 'number', description: 'When its batch was processed.' },
      cause: TEXT, event: { type: 'object' }, verdict: { ...object({ class: TEXT, directive: TEXT }), description: 'It was refused.' },
      from: { ...TEXT, description: 'State before; absent: the entity did not exist.' }, to: TEXT, context: { description: 'After it.' },
      outputs: list({ type: 'object' }), decisions: list(object({ model: TEXT, version: COUNT, hash: TEXT, vector: list({ type: 'number' }), score: { type: ['number', 'string'] }, reason: TEXT }, [])), lookups: list({ type: 'object' }),
    }, ['seq', 'n', 'timeMs', 'nowMs', 'cause', 'event', 'outputs', 'decisions'])),
    inputs: { type: 'object', additionalProperties: list(TEXT), description: 'Names of what a vector holds, in order, by the hash of the model; of the models that the system brings.' },
    next: { ...TEXT, description: '`before` of the next page.' }, older: { enum: ['none', 'more', 'gone', 'unread'] }, reason: TEXT,
  }, ['type', 'id', 'at', 'events', 'inputs', 'older']),
  DeadLetters: object({ letters: list(object(LETTER, ALWAYS_OF_LETTER)), next: TEXT }, ['letters']),
  DeadLetter: object({ ...LETTER, stack: TEXT, value: BYTES }, [...ALWAYS_OF_LETTER, 'value']),
} satisfies Record<string, Schema>

// Schema of the features of an entity.
import { COUNT, list, object, TEXT } from './schema-words.ts'
import type { Schema } from './schema-words.ts'

const KIND: Schema = { ...TEXT, description: "Event type; '' in a set of a single schema." }
const TIMES: Schema = { ...list({ type: 'number' }), description: 'Event times of the newest, newest first.' }
const made = (how: string, properties: Readonly<Record<string, Schema>>, description: string, optional: readonly string[] = []): Schema => ({ ...object({ made: { const: how }, ...properties }, ['made', ...Object.keys(properties).filter((name) => !optional.includes(name))]), description })

const SOURCE: Schema = {
  oneOf: [
    made('window', { kind: KIND, events: COUNT, afterMs: { type: 'number' }, untilMs: { type: 'number' }, timesMs: TIMES, leftEarly: COUNT }, 'Events of (afterMs, untilMs]. `leftEarly`: samples of their kind that had to go before their time, ever.'),
    made('last', { kind: KIND, events: COUNT, eventsMax: COUNT, timesMs: TIMES }, 'The last events, at most so many.'),
    made('half-life', { kind: KIND, halfLifeMs: { type: 'number' }, newestMs: { type: 'number' } }, 'All events so far, each counting half after that time. They are not kept: only the time of the newest is known.', ['newestMs']),
    made('counter', { kinds: list(KIND) }, 'All events so far that its rules are about. They are not kept.'),
    made('arrival', { kind: KIND }, 'The event of its kind that arrived last.'),
  ],
}

export const FEATURES_SCHEMA: Schema = {
  ...object({
    path: { ...TEXT, description: 'Where its state stands in the context.' }, set: TEXT, version: COUNT, hash: TEXT, seen: { ...COUNT, description: 'Events folded so far.' }, newestMs: { type: 'number', description: 'Event time that the values are of.' },
    features: list(object({ name: TEXT, value: { type: 'number' }, from: list(SOURCE) })), left: { ...COUNT, description: 'Features that are not told.' }, reason: { ...TEXT, description: 'Why it has no values.' },
  }, ['path', 'set', 'version', 'hash', 'seen', 'features']),
  description: 'A feature set of the entity: what `where=<path>.<name>` of a list reads.',
}

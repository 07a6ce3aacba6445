// Parameters of a route: what they are called, what they may be, and how they are read. The same words stand in the OpenAPI document.
import type { Place } from '../../system/node/query-client.ts'
import { parseEntityId } from '../../system/protocol/ids.ts'
import type { EntityId } from '../../system/protocol/ids.ts'
import { ENTITY_ID_BYTES_MAX } from '../../system/protocol/limits.ts'
import { DEADLINE_MS_MAX } from './limits.ts'

export interface Parameter<T = unknown> {
  readonly in: 'path' | 'query' | 'header'
  /** As it is written in a request. */
  readonly name: string
  readonly description: string
  readonly isRequired: boolean
  /** JSON schema of its text. */
  readonly schema: Readonly<Record<string, unknown>>
  /** `text` is undefined where it is left out, and may be. Undefined: it cannot be this. */
  read(text: string | undefined): { readonly value: T } | undefined
}

export type Parameters = Readonly<Record<string, Parameter>>
export type Values<P extends Parameters> = { readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never }

/** Of an actor type. */
export const NAME = /^[a-z][a-z0-9-]{0,62}$/
const PLACE = /^(?:([0-9]{1,6})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.)?([0-9]{1,15})\.([0-9]{1,15})$/
const KEY = /^[\x21-\x7e]{1,128}$/
const STATE_LENGTH_MAX = 1000

export const TYPE: Parameter<string> = {
  in: 'path', name: 'type', description: 'Actor type, as GET /v1/types lists them.', isRequired: true,
  schema: { type: 'string', pattern: NAME.source },
  read: (text = '') => (NAME.test(text) ? { value: text } : undefined),
}

export const ID: Parameter<EntityId> = {
  in: 'path', name: 'id', description: `Entity id, percent-encoded: 1 to ${ENTITY_ID_BYTES_MAX} bytes of UTF-8.`, isRequired: true,
  schema: { type: 'string', minLength: 1, maxLength: ENTITY_ID_BYTES_MAX },
  read: (text = '') => {
    const value = parseEntityId(text)
    return value === undefined ? undefined : { value }
  },
}

export const AT_LEAST: Parameter<Place | undefined> = {
  in: 'query', name: 'atLeast', description: 'partition.life.epoch.seq of an answer before, of a command too: this answer is no older. One of another partition, or of a life that is over, is refused; epoch.seq alone is taken for one of this partition and life.', isRequired: false,
  schema: { type: 'string', pattern: PLACE.source },
  read: (text) => {
    if (text === undefined) return { value: undefined }
    const [, partition, life, epoch, seq] = PLACE.exec(text) ?? []
    if (epoch === undefined) return undefined
    return { value: { ...(partition === undefined || life === undefined ? {} : { partition: Number(partition), life }), epoch: Number(epoch), seq: Number(seq) } }
  },
}

export function deadline(defaultMs: number): Parameter<number> {
  return {
    in: 'query', name: 'deadlineMs', description: 'How long to wait for the answer, in milliseconds.', isRequired: false,
    schema: { type: 'integer', minimum: 1, maximum: DEADLINE_MS_MAX, default: defaultMs },
    read: (text = String(defaultMs)) => (/^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= DEADLINE_MS_MAX ? { value: Number(text) } : undefined),
  }
}

export const STATE: Parameter<string> = {
  in: 'query', name: 'state', description: "Path of a state, such as 'open' or 'open.ajar'. A state is reached within its children too.", isRequired: true,
  schema: { type: 'string', minLength: 1, maxLength: STATE_LENGTH_MAX },
  read: (text = '') => (text.length >= 1 && text.length <= STATE_LENGTH_MAX ? { value: text } : undefined),
}

export const FEATURES: Parameter<boolean> = {
  in: 'query', name: 'features', description: 'Whether to tell the features in its context too, with the events that made them.', isRequired: false,
  schema: { enum: ['true', 'false'], default: 'false' },
  read: (text = 'false') => (text === 'true' || text === 'false' ? { value: text === 'true' } : undefined),
}

export const IDEMPOTENCY_KEY: Parameter<string> = {
  in: 'header', name: 'Idempotency-Key', description: 'Names this command: sent again with the same key it is applied once. A UUID is a good one.', isRequired: true,
  schema: { type: 'string', pattern: KEY.source },
  read: (text = '') => (KEY.test(text) ? { value: text } : undefined),
}

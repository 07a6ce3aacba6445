// Names and ids: parsed once at the edge, trusted afterwards. Names of actor types are durable: they are part of topic names.
import { ENTITY_ID_BYTES_MAX } from './limits.ts'
import { percentEncode } from './percent.ts'
import { utf8Length } from './utf8.ts'

/** Id of one entity: UTF-8, 1..256 bytes, well-formed. Only `parseEntityId` makes one. */
export type EntityId = string & { readonly brand: 'EntityId' }

/** The id, or undefined when it is empty, too long or not well-formed Unicode. */
export function parseEntityId(text: string): EntityId | undefined {
  if (text.length === 0 || text.length > ENTITY_ID_BYTES_MAX) return undefined
  if (!text.isWellFormed()) return undefined
  if (utf8Length(text) > ENTITY_ID_BYTES_MAX) return undefined
  return text as EntityId
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/
const TOPIC = /^[A-Za-z0-9._-]{1,200}$/

/** True for names of apps, actor types, models and feature sets: a-z, 0-9 and '-', starting with a letter, at most 63 characters. */
export function isName(text: string): boolean {
  return NAME.test(text)
}

/** True for topic names: letters, digits, '.', '_' and '-', at most 200 characters. */
export function isTopicName(text: string): boolean {
  return TOPIC.test(text)
}

export const inboxTopic = (app: string, type: string): string => `${app}.${type}.inbox`
export const journalTopic = (app: string, type: string): string => `${app}.${type}.journal`
export const stateTopic = (app: string, type: string): string => `${app}.${type}.state`
export const parkedTopic = (app: string, type: string): string => `${app}.${type}.parked`
export const modelsTopic = (app: string): string => `${app}.models`
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`

/** The reserved key of a partition's own record in the state topic. No entity id is this byte: it is not UTF-8. */
export const PARTITION_KEY: Uint8Array = new Uint8Array([0xff])

/** Causes of what input records did: `<topic>-<partition>-<offset>`, parts percent-encoded. This is what all of a topic partition begin with. */
export function inputCauses(topic: string, partition: number): string {
  return `${percentEncode(topic)}-${partition}-`
}

/** Cause of what a timer did: `timer-<entity>-<timer>-<generation>`, parts percent-encoded. */
export function timerCause(entity: EntityId, timer: string, generation: string): string {
  return `timer-${percentEncode(entity)}-${percentEncode(timer)}-${generation}`
}

/** True for the cause of a timer that commit `seq` armed. */
export function isArmedBy(cause: string, seq: number): boolean {
  return cause.startsWith('timer-') && cause.startsWith(`${seq}.`, cause.lastIndexOf('-') + 1)
}

/** Id of the n-th output of a cause: `<app>.<type>/<cause>/<n>` (I2). */
export function outputId(app: string, type: string, cause: string, n: number): string {
  return `${app}.${type}/${cause}/${n}`
}

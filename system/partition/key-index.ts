// KeyIndex: entities in memory by the keys of records, which are their ids in bytes. Making a text of a key only to look it up costs more than anything else
// about finding an entity.
//
// Owns: two places for each of many hashes, side by side, with the entities that were noted there last. `entities.ts` owns the table, which is asked where this does not answer.
//
// K1. What is found has exactly this id. Not finding says nothing.
// K2. Only what the table holds is kept here.
import type { Entity } from './entity.ts'

/** A power of two. */
const PLACES_MIN = 256
/** Places for each entity, at least: three that share two push each other out. */
const SPARE = 2

export class KeyIndex {
  #places = empty(PLACES_MIN)

  find(key: Uint8Array): Entity | undefined {
    const at = hashOfKey(key) & (this.#places.length - 1)
    const first = this.#places[at]
    if (first === undefined) return undefined
    if (isKeyOf(first.id, key)) return first
    const second = this.#places[at ^ 1]
    return second !== undefined && isKeyOf(second.id, key) ? second : undefined
  }

  /** An entity of the table was met by this key. `size`: of the table. */
  note(key: Uint8Array, entity: Entity, size: number): void {
    if (!isKeyOf(entity.id, key)) return
    if (this.#places.length < SPARE * size) this.#places = empty(placesFor(size))
    const at = hashOfKey(key) & (this.#places.length - 1)
    const before = this.#places[at]
    if (before !== undefined && before !== entity) this.#places[at ^ 1] = before
    this.#places[at] = entity
  }

  /** It has left the table. */
  drop(entity: Entity): void {
    const at = hashOfId(entity.id) & (this.#places.length - 1)
    if (this.#places[at ^ 1] === entity) this.#places[at ^ 1] = undefined
    if (this.#places[at] === entity) this.#places[at] = undefined
  }
}

function empty(places: number): (Entity | undefined)[] {
  return new Array<Entity | undefined>(places).fill(undefined)
}

function placesFor(size: number): number {
  let places = PLACES_MIN
  while (places < SPARE * size) places *= 2
  return places
}

/** Only where both are ASCII: nothing has to be decoded then. */
function isKeyOf(id: string, key: Uint8Array): boolean {
  const { length } = key
  if (id.length !== length) return false
  for (let at = 0; at < length; at += 1) {
    const byte = key[at] as number
    if (byte >= 0x80 || id.charCodeAt(at) !== byte) return false
  }
  return true
}

// FNV-1a, of bytes and of the same text in ASCII.
const SEED = 0x811c9dc5 | 0
const PRIME = 0x01000193

function hashOfKey(key: Uint8Array): number {
  let hash = SEED
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ (key[at] as number), PRIME)
  return hash ^ (hash >>> 15)
}

function hashOfId(id: string): number {
  let hash = SEED
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), PRIME)
  return hash ^ (hash >>> 15)
}

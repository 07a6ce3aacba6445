// Befores: what the batch in hand has used, as it was committed last, for those who look meanwhile.
//
// Owns: a copy of each entity, made before the batch changes anything of it.
//
// C1. An entity without a copy is as it was committed last, or is not in memory and as it is stored.
// C2. A copy holds what a view shows (`view.ts`), and nothing of that is changed in place.
import type { EngineState } from '../ports/engine.ts'
import { copyOf } from './entity.ts'
import type { Entity } from './entity.ts'

export class Befores {
  /** Of the newest commit. */
  readonly seq: number
  /** As of that: it moves on at the commit, a moment before that is known here. */
  readonly watermarkMs: number | undefined
  readonly #copies = new Map<Entity, Entity>()

  constructor(seq: number, watermarkMs: number | undefined) {
    this.seq = seq
    this.watermarkMs = watermarkMs
  }

  /** The batch takes it up. One that was made just now is blank. */
  note(entity: Entity): void {
    if (!this.#copies.has(entity)) this.#copies.set(entity, copyOf(entity))
  }

  of(entity: Entity): Entity {
    return this.#copies.get(entity) ?? entity
  }

  /** What may be written over with the entity's next state: not what its copy shows. */
  replaceable(entity: Entity): EngineState | undefined {
    return this.#copies.get(entity)?.machine === entity.machine ? undefined : entity.machine
  }
}

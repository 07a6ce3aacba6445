// Befores: what the batch in hand has used, as it was committed last, for those who look meanwhile.
//
// Owns: a copy of each entity, made before the batch changes anything of it.
//
// C1. An entity without a copy is as it was committed last, or is not in memory and as it is stored.
// C2. A copy holds what a view shows (`view.ts`), and nothing that the batch changes in place.
import type { EngineState } from '../ports/engine.ts'
import { blankEntity } from './entity.ts'
import type { Entity } from './entity.ts'

export class Befores {
  /** Of the newest commit. */
  readonly seq: number
  readonly #copies = new Map<Entity, Entity>()

  constructor(seq: number) {
    this.seq = seq
  }

  /** The batch takes it up. One that was made just now is blank. */
  note(entity: Entity): void {
    if (this.#copies.has(entity)) return
    const { id, machine, seq, stopped, timers, tasks, holds, seen, expireAtMs, parked } = entity
    this.#copies.set(entity, blankEntity(id, { machine, seq, stopped, timers, tasks, holds: holds.length === 0 ? holds : [...holds], seen, expireAtMs, parked }))
  }

  of(entity: Entity): Entity {
    return this.#copies.get(entity) ?? entity
  }

  /** What may be written over with the entity's next state: not what its copy shows. */
  replaceable(entity: Entity): EngineState | undefined {
    return this.#copies.get(entity)?.machine === entity.machine ? undefined : entity.machine
  }
}

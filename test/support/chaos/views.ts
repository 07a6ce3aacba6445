// Views: entities in full, as they stood when a commit that changed them was done, for comparison with what is told of them at other moments.
//
// Owns: the histories of one process's owners. What the log itself says of an answer, the checker asks (`checker-answers.ts`).
import type { EntityId } from '../../../system/protocol/ids.ts'
import type { Memory } from '../../../system/partition/memory.ts'
import { entityView } from '../../../system/partition/view.ts'
import type { EntityView } from '../../../system/partition/view.ts'
import type { QueryAnswer } from '../../../system/node/questions.ts'

type StateAnswer = Extract<QueryAnswer, { readonly kind: 'state' }>

interface Stood {
  readonly epoch: number
  readonly seq: number
  /** Undefined: there was none. 'unknown': nobody said how the commit ended. */
  readonly view: EntityView | undefined | 'unknown'
}

interface InHand {
  readonly epoch: number
  readonly seq: number
  readonly changed: readonly EntityId[]
}

export class Views {
  readonly #histories = new Map<string, Stood[]>()
  readonly #inHand = new Map<string, InHand>()

  /** A batch is folded, and not committed. */
  folded({ plan, partition, epoch, seq, entities }: Memory): void {
    const place = `${plan.group}/${partition}`
    const before = this.#inHand.get(place)
    for (const id of before?.changed ?? []) this.#stood(place, id, { epoch: before?.epoch ?? 0, seq: before?.seq ?? 0, view: 'unknown' })
    this.#inHand.set(place, { epoch, seq, changed: [...entities.dirty()].filter((entity) => entity.seq === seq).map(({ id }) => id) })
  }

  /** It is committed. */
  committed({ plan, partition, entities, parked }: Memory): void {
    const place = `${plan.group}/${partition}`
    const { epoch, seq, changed } = this.#inHand.get(place) ?? { epoch: 0, seq: 0, changed: [] }
    this.#inHand.delete(place)
    for (const id of changed) {
      const entity = entities.peek(id)
      // What is changed in place later must not be changed here.
      this.#stood(place, id, { epoch, seq, view: entity === undefined ? undefined : structuredClone(entityView(plan.definition, entity, parked.get(id))) })
    }
  }

  /** The view that the answer must give; 'unknown': that cannot be said. */
  wanted(group: string, id: EntityId, { at, entity }: StateAnswer): Stood['view'] {
    const stood = this.#histories.get(`${group}/${at.partition} ${id}`)?.findLast(({ epoch, seq }) => epoch < at.epoch || (epoch === at.epoch && seq <= at.seq))
    if (stood === undefined || stood.view === 'unknown' || stood.view === undefined) return stood?.view
    // Whoever was acquired again may have been read from where it is stored.
    return stood.epoch === at.epoch ? stood.view : { ...stood.view, changedSeq: entity?.changedSeq ?? stood.view.changedSeq }
  }

  #stood(place: string, id: EntityId, stood: Stood): void {
    const history = this.#histories.get(`${place} ${id}`)
    if (history === undefined) this.#histories.set(`${place} ${id}`, [stood])
    else history.push(stood)
  }
}

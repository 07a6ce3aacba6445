// Input names: what refs and causes of inputs begin with. Put together once for all inputs of a topic partition.
import { inputCauses } from '../protocol/ids.ts'
import { inputRefs } from './arrivals.ts'
import type { TypePlan } from './topology.ts'

/** The offset follows. */
export interface InputNames {
  readonly topic: string
  readonly partition: number
  readonly refs: string
  readonly causes: string
  /** A record's key is the id of its entity. */
  readonly isKeyed: boolean
}

export class InputNaming {
  readonly #plan: TypePlan
  readonly #known = new Map<string, InputNames>()
  /** Asked for last. */
  #last: InputNames | undefined

  constructor(plan: TypePlan) {
    this.#plan = plan
  }

  of(topic: string, partition: number): InputNames {
    const last = this.#last
    if (last !== undefined && last.topic === topic && last.partition === partition) return last
    return (this.#last = this.#looked(topic, partition))
  }

  #looked(topic: string, partition: number): InputNames {
    const known = this.#known.get(topic)
    if (known !== undefined && known.partition === partition) return known
    const { inputs, inbox, definition } = this.#plan
    const made = { topic, partition, refs: inputRefs(inputs, topic), causes: inputCauses(topic, partition), isKeyed: topic === inbox || definition.entityOfAll === undefined }
    this.#known.set(topic, made)
    return made
  }
}

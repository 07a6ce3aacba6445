// Input names: refs and causes of inputs. What all inputs of a topic partition share is put together once.
import { inputCauses } from '../protocol/ids.ts'
import { inputRefs } from './arrivals.ts'
import type { InputRef } from './journal.ts'

interface Prefixes {
  readonly partition: number
  readonly refs: string
  readonly causes: string
}

export class InputNames {
  readonly #inputs: readonly string[]
  readonly #prefixes = new Map<string, Prefixes>()

  /** `inputs`: topics of the actor type, in the order by which refs name them. */
  constructor(inputs: readonly string[]) {
    this.#inputs = inputs
  }

  ref(topic: string, partition: number, offset: number): InputRef {
    return `${this.#of(topic, partition).refs}${offset}`
  }

  cause(topic: string, partition: number, offset: number): string {
    return `${this.#of(topic, partition).causes}${offset}`
  }

  #of(topic: string, partition: number): Prefixes {
    const known = this.#prefixes.get(topic)
    if (known !== undefined && known.partition === partition) return known
    const made = { partition, refs: inputRefs(this.#inputs, topic), causes: inputCauses(topic, partition) }
    this.#prefixes.set(topic, made)
    return made
  }
}

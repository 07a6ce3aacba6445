// Condition: what is told of the cache's condition: one line when it changes, none while it stays.
import type { OperationError } from '../../system/protocol/failures.ts'

/** What can be well or not, each by itself: else a cache that reads and refuses to write would change all the time. */
export type Part = 'connection' | 'reads' | 'writes'

export class Condition {
  readonly #shown: string
  readonly #tell: (message: string) => void
  readonly #troubles = new Map<Part, string>()

  constructor(shown: string, tell: (message: string) => void) {
    this.#shown = shown
    this.#tell = tell
  }

  wentWrong(part: Part, problem: OperationError): void {
    if (this.#troubles.get(part) === problem.code) return
    this.#troubles.set(part, problem.code)
    this.#tell(problem.message)
  }

  wentWell(part: Part): void {
    if (this.#troubles.delete(part)) this.#tell(`snapshot cache ${this.#shown}: ${part === 'connection' ? 'it answers' : part === 'reads' ? 'it can be read' : 'it takes writes'} again`)
  }
}

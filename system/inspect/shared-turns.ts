// Shared turns: work of which one runs at a time for each name. Who comes while it runs shares the next with others who do: each gets what was so when it came,
// or later, and nobody waits for more than two.
//
// Owns: what runs, and what runs next.

export class SharedTurns<T> {
  readonly #running = new Map<string, Promise<unknown>>()
  readonly #next = new Map<string, Promise<T>>()

  next(name: string, work: () => Promise<T>): Promise<T> {
    const waiting = this.#next.get(name)
    if (waiting !== undefined) return waiting
    const turn = (this.#running.get(name) ?? Promise.resolve()).then(() => {
      this.#next.delete(name)
      return work()
    })
    this.#next.set(name, turn)
    this.#running.set(name, turn.catch(() => undefined))
    return turn
  }
}

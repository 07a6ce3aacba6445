// Meter: which features the functions of a random machine were asked for in the step under way.

const marks = new Set<string>()

export function mark(feature: string): void {
  marks.add(feature)
}

/** Those since the last call. */
export function takeMarks(): ReadonlySet<string> {
  const taken = new Set(marks)
  marks.clear()
  return taken
}

/** `run`, which marks `feature` whenever it is called. */
export function marking<Args extends readonly unknown[], Result>(feature: string, run: (...args: Args) => Result): (...args: Args) => Result {
  return (...args) => {
    marks.add(feature)
    return run(...args)
  }
}

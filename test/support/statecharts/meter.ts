// Meter: which features the functions of a random machine were asked for in the step under way, and which functions were called, in order.
//
// Two engines that answer the same must also have asked the user's functions the same questions: a guard that is asked once more, or later, is told apart.

const marks = new Set<string>()
let calls: string[] = []

export function mark(feature: string): void {
  marks.add(feature)
}

/** Those since the last call. */
export function takeMarks(): ReadonlySet<string> {
  const taken = new Set(marks)
  marks.clear()
  return taken
}

/** Those since the last call: what was called, with how many arguments, for which event, in which context. */
export function takeCalls(): readonly string[] {
  const taken = calls
  if (taken.length > 0) calls = []
  return taken
}

interface Seen {
  readonly context?: { readonly n: number }
  readonly event?: { readonly type: string }
}

/** `run`, which marks `feature` and leaves a record whenever it is called. */
export function marking<Args extends readonly unknown[], Result>(feature: string, run: (...args: Args) => Result): (...args: Args) => Result {
  return (...args) => {
    marks.add(feature)
    const [seen, params] = args as readonly unknown[] as readonly [Seen?, unknown?]
    let fields = 0
    for (const _field in seen) fields += 1
    calls.push(`${feature} ${fields} ${seen?.event?.type} ${seen?.context?.n} ${typeof params}`)
    return run(...args)
  }
}

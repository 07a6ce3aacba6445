// Large machines for diagrams: an order's way through nested and parallel states, as many of them as asked for.
import { createMachine, fromPromise } from 'xstate'

const STEPS = ['received', 'checked', 'reserved', 'packed', 'labelled', 'shipped', 'delivered']

/** A machine with the root and `count` - 1 states more, history states and regions among them. */
export function largeMachine(count: number): unknown {
  const budget = { left: count - 1 }
  const states = group(budget, 'order', 0)
  return createMachine({ id: `order${count}`, initial: Object.keys(states)[0], states } as never, {
    guards: { isPaid: () => true, isFragile: () => true, isAbroad: () => true },
    actions: {}, delays: { patience: 86_400_000, reminder: 3_600_000 },
    actors: { charge: fromPromise(async () => 1) },
  } as never)
}

interface Budget {
  left: number
}

/** Steps one after the other; every third holds states of its own, every second of these in regions. */
function group(budget: Budget, name: string, depth: number): Record<string, object> {
  const states: Record<string, object> = {}
  const keys = STEPS.slice(0, depth === 0 ? STEPS.length : 3 + (name.length % 3)).map((step) => (depth === 0 ? step : `${step}${depth}`))
  const taken = keys.slice(0, Math.max(1, Math.min(keys.length, budget.left)))
  budget.left -= taken.length
  taken.forEach((key, at) => {
    const [next, first] = [taken[at + 1], taken[0]]
    const on = {
      ...(next === undefined ? {} : { [`${key}.ok`]: { target: next, ...(at % 2 === 0 ? { guard: 'isPaid' } : {}) } }),
      ...(at > 1 ? { rejected: { target: first, guard: 'isFragile' } } : {}),
      ...(at % 2 === 1 ? { note: {} } : {}),
    }
    const timers = at % 3 === 2 ? { after: { patience: first } } : {}
    const task = at === 1 && depth === 0 ? { invoke: { id: 'charge', src: 'charge', onDone: next ?? first, onError: first } } : {}
    states[key] = { on, ...timers, ...task, ...(at % 3 === 2 && budget.left > 3 && depth < 3 ? inside(budget, key, depth + 1) : {}) }
  })
  if (depth === 0) while (budget.left > 3) states[`extra${budget.left}`] = { on: { resumed: taken[0] }, ...inside(budget, `extra${budget.left}`, 1, true) }
  return states
}

function inside(budget: Budget, name: string, depth: number, isSpent = false): object {
  if (isSpent) budget.left -= 1
  if (depth % 2 === 0 || budget.left < 8) {
    const states = group(budget, name, depth)
    const withHistory = budget.left > 0 ? { ...states, past: { type: 'history', history: 'deep' } } : states
    if (withHistory !== states) budget.left -= 1
    return { initial: Object.keys(states)[0], states: withHistory }
  }
  budget.left -= 2
  const region = (part: string): object => {
    const states = group(budget, part, depth + 1)
    return { initial: Object.keys(states)[0], states }
  }
  return { type: 'parallel', states: { goods: region('goods'), papers: region('papers!') } }
}

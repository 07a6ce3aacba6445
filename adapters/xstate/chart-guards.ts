// Guards of a chart: XState's references resolved to their implementations, the built-in ones told apart by what they do.
import type { ChartGuard, GuardTest, Params, UserFunction } from '../../system/engine/chart.ts'
import { isFunction } from './shapes.ts'
import type { XFunction, XMachine, XNode, XReference } from './shapes.ts'

type OrderOf = (node: XNode) => number | undefined

/** How deep guards may hold guards: beyond it they hold themselves. */
const DEPTH_MAX = 32

/** Undefined for what is not known: no implementation, one that is no function, a guard that holds itself. */
export function readGuard(machine: XMachine, orderOf: OrderOf, written: unknown, depth = 0): ChartGuard | undefined {
  if (depth > DEPTH_MAX) return undefined
  if (isFunction(written)) {
    const test = testOf(machine, orderOf, written, depth)
    return test && { test, params: undefined }
  }
  const name = typeof written === 'string' ? written : typeof written === 'object' && written !== null && 'type' in written ? written.type : undefined
  const implementation = typeof name === 'string' && Object.hasOwn(machine.implementations.guards, name) ? machine.implementations.guards[name] : undefined
  const test = isFunction(implementation) ? testOf(machine, orderOf, implementation, depth) : undefined
  return test && { test, params: paramsOf(written as XReference) }
}

/** What stands beside a name. */
export function paramsOf(written: XReference): Params {
  if (typeof written !== 'object' || !('params' in written)) return undefined
  const { params } = written
  // A method may look at what it stands in.
  return typeof params === 'function' ? { kind: 'function', of: params.bind(written) as UserFunction } : { kind: 'value', value: params }
}

function testOf(machine: XMachine, orderOf: OrderOf, guard: XFunction, depth: number): GuardTest | undefined {
  if (guard.check === undefined) return { kind: 'function', of: guard as unknown as UserFunction }
  if ('stateValue' in guard) return stateTest(machine, orderOf, guard['stateValue'])
  const inner = (guard.guards ?? []).map((each) => readGuard(machine, orderOf, each, depth + 1))
  const guards = inner.filter((each) => each !== undefined)
  const kind = guardKind(guard)
  const [first] = guards
  if (kind === undefined || first === undefined || guards.length < inner.length) return undefined
  return kind === 'not' ? { kind, guard: first } : { kind, guards }
}

type Check = (snapshot: object, args: object, guard: object) => unknown

/** Which of XState's combined guards it is; undefined for another. */
export function guardKind(guard: XFunction): 'and' | 'or' | 'not' | undefined {
  return kindOf(guard.check as Check)
}

/** XState names what it makes, but a bundler may rename it: asked with guards that are known, each of the three answers differently. */
function kindOf(check: Check): 'and' | 'or' | 'not' | undefined {
  const answers = (...guards: readonly (() => boolean)[]): unknown => check({ machine: {} }, {}, { guards })
  const yes = (): boolean => true
  const no = (): boolean => false
  try {
    if (answers(no) === true) return 'not'
    return answers(yes, no) === true ? 'or' : 'and'
  } catch {
    return undefined
  }
}

/** A state value, or `#id`. */
function stateTest(machine: XMachine, orderOf: OrderOf, value: unknown): GuardTest | undefined {
  if (typeof value !== 'string' || !value.startsWith('#')) return typeof value === 'object' && value !== null && 'machine' in value ? undefined : { kind: 'matches', value }
  const found = nodeById(machine, value)
  const node = found && orderOf(found)
  return node === undefined ? undefined : { kind: 'in', node }
}

/** `#id`, also with keys of states below it. */
export function nodeById(machine: XMachine, id: string): XNode | undefined {
  try {
    return machine.getStateNodeById(id)
  } catch {
    return undefined
  }
}

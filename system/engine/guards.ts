// Guards, compiled: each becomes one function of the moment. Named guards are resolved, `and`, `or` and `not` hold the compiled ones.
import type { ChartGuard, GuardTest } from './chart.ts'
import { paramsOf } from './moment.ts'
import type { Moment } from './moment.ts'

/** Truthy when the transition may be taken. */
export type Guard = (moment: Moment) => unknown

export function compileGuard({ test, params }: ChartGuard): Guard {
  if (test.kind === 'function') {
    const { of } = test
    if (params === undefined) return (moment) => of({ context: moment.context, event: moment.event }, undefined)
    return (moment) => of({ context: moment.context, event: moment.event }, paramsOf(params, moment))
  }
  const combined = compileTest(test)
  if (params === undefined) return combined
  // Nothing takes these params, but a function that throws fails the step.
  return (moment) => {
    paramsOf(params, moment)
    return combined(moment)
  }
}

function compileTest(test: Exclude<GuardTest, { kind: 'function' }>): Guard {
  switch (test.kind) {
    case 'and': {
      const guards = test.guards.map(compileGuard)
      return (moment) => guards.every((guard) => guard(moment))
    }
    case 'or': {
      const guards = test.guards.map(compileGuard)
      return (moment) => guards.some((guard) => guard(moment))
    }
    case 'not': {
      const guard = compileGuard(test.guard)
      return (moment) => !guard(moment)
    }
    case 'in': {
      const { node } = test
      return (moment) => moment.standing.has(node)
    }
    case 'matches': {
      const { value } = test
      return (moment) => hasPart(value, moment.standing.value)
    }
  }
}

/** XState's `matchesState`: whether `part` is a part of the state value `whole`. */
function hasPart(part: unknown, whole: unknown): boolean {
  const wanted = typeof part === 'string' ? nested(statePath(part)) : part
  if (typeof whole === 'string') return typeof wanted === 'string' && whole === wanted
  const states = whole as Readonly<Record<string, unknown>>
  if (typeof wanted === 'string') return wanted in states
  return Object.entries(wanted as object).every(([key, inner]) => key in states && hasPart(inner, states[key]))
}

/** The keys in `a.b.c`; a backslash takes the next character as it is. */
export function statePath(text: string): readonly string[] {
  const keys = ['']
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '.') keys.push('')
    else {
      if (text[at] === '\\') at += 1
      keys[keys.length - 1] += text[at] ?? 'undefined'
    }
  }
  return keys
}

function nested([key = '', ...below]: readonly string[]): unknown {
  return below.length === 0 ? key : { [key]: nested(below) }
}

// Names as hostile as a definition can hold them: markup of every medium, other scripts, marks of direction, halves of characters, nothing at all.
import * as fc from 'fast-check'
import type { Outline, OutlineAction, OutlineState, OutlineTransition, OutlineTrigger } from '../../../system/ports/outline.ts'

const MARKUP = ['', ' ', '\u200b', '<script>alert(1)</script>', '"><svg onload=x>', ']]>', '&amp;', '&#0;', "'", '\\u{41}', '\\', '--', '-->', 'end note', 'END NOTE x', '%%', '#35;', '#quot;', ';', ':', '{', '}', '[*]', '<<fork>>', 'state', 'note', '"', '`', '\u0000', '\u001b[31m', '\u202eevil', '\ud800', '\udc00', '\uffff', '\n', '\r\n', 'a\tb', '🚚', '注文', 'مرحبا', 'e\u0301\u0301\u0301', '__proto__', 'constructor', 'x'.repeat(300)]

export const hostileName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...MARKUP),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(fc.constantFrom(...MARKUP), { minLength: 2, maxLength: 3 }).map((parts) => parts.join('')),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
)

const action: fc.Arbitrary<OutlineAction> = fc.record({ kind: fc.constantFrom('named', 'assign', 'emit', 'tell', 'raise'), name: hostileName })
const trigger: fc.Arbitrary<OutlineTrigger> = fc.oneof(
  hostileName.map((descriptor) => ({ kind: 'event', descriptor }) as const),
  hostileName.map((delay) => ({ kind: 'after', delay, ms: 1500 }) as const),
  hostileName.map((task) => ({ kind: 'taskDone', task }) as const),
  fc.constantFrom({ kind: 'always' } as const, { kind: 'done' } as const),
)

/** A small statechart of every kind of state, its shape fixed, its names drawn. */
export const hostileOutline: fc.Arbitrary<Outline> = fc.record({
  names: fc.array(hostileName, { minLength: 16, maxLength: 16 }), actions: fc.array(action, { maxLength: 3 }), triggers: fc.array(trigger, { minLength: 5, maxLength: 5 }), guard: hostileName, description: hostileName,
}).map(({ names, actions, triggers, guard, description }) => {
  const name = (at: number): string => names[at] ?? ''
  const state = (at: number, rest: Partial<OutlineState> & Pick<OutlineState, 'kind'>): OutlineState => ({ id: name(at), key: name(at + 8), path: [name(at + 8)], entry: actions, exit: [], tasks: [], tags: [], ...rest })
  const transition = (at: number, source: number, targets: readonly number[]): OutlineTransition => ({ id: `${name(source)}:${at}`, source, targets, reenter: at % 2 === 0, trigger: triggers[at] ?? { kind: 'always' }, guard, actions, description })
  return {
    id: name(0), description,
    states: [
      state(0, { kind: 'compound', initial: { target: 1, actions }, description }),
      state(1, { kind: 'atomic', parent: 0, tags: [name(3)], tasks: [{ id: name(4), src: name(5) }] }),
      state(2, { kind: 'parallel', parent: 0 }),
      state(3, { kind: 'atomic', parent: 2 }),
      state(4, { kind: 'atomic', parent: 2 }),
      state(5, { kind: 'history', parent: 2, history: { isDeep: true, targets: [3] } }),
      state(6, { kind: 'final', parent: 0 }),
    ],
    transitions: [transition(0, 1, [3, 4]), transition(1, 1, [1]), transition(2, 0, []), transition(3, 3, [6]), transition(4, 2, [5])],
  }
})

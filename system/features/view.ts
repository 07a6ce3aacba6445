// View: the event as the author of a feature set sees it while defining it.
//
// Owns: the typed proxy whose properties are the payload's fields. A schema tells no fields at run time, so every
// property name is taken for one; the compiler checks the names.
// `view.time` is the event time, always. A payload's own `time`, and nested fields named like an operator
// (`plus`, `hour` ...), are reached by `field(view, 'time')`.
import { bindNode, Term, term } from './expression.ts'
import type { Condition, NumberExpression, OptionalField, TextExpression, TimeExpression } from './expression.ts'
import type { Node } from './node.ts'

/** A field that no feature can be made of: a list, a date, bytes, or of unknown type. */
export interface Unusable {
  readonly unusable: never
}

type Scalar<Value> =
  [Value] extends [number] ? NumberExpression
  : [Value] extends [boolean] ? Condition
  : [Value] extends [string] ? TextExpression
  : never

type Present<Value> = [Value] extends [number | boolean | string] ? Scalar<Value>
  : [Value] extends [readonly unknown[] | Date | Uint8Array] ? Unusable
  : [Value] extends [object] ? Fields<Value> : Unusable

type Missable<Value> = [Value] extends [number | boolean | string] ? OptionalField<Scalar<Value>, Value>
  : [Value] extends [readonly unknown[] | Date | Uint8Array] ? Unusable
  : [Value] extends [object] ? { readonly [Key in keyof Value]-?: Missable<NonNullable<Value[Key]>> } : Unusable

type Field<Value> = [Extract<Value, undefined | null>] extends [never] ? Present<Value> : Missable<NonNullable<Value>>

export type Fields<Payload> = {
  readonly [Key in keyof Payload]-?: Record<never, never> extends Pick<Payload, Key> ? Missable<NonNullable<Payload[Key]>> : Field<Payload[Key]>
}

declare const payloadOf: unique symbol

/** The fields of a payload, and the event time as `time`. */
export type EventView<Payload> = Omit<Fields<Payload>, 'time'> & { readonly time: TimeExpression; readonly [payloadOf]?: Payload }

const viewKinds = new WeakMap<object, string>()
const OPERATORS: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Term.prototype).filter((name) => name !== 'constructor'))

/** The event kind of a view, undefined for anything else. */
export function kindOfView(view: unknown): string | undefined {
  return typeof view === 'object' && view !== null ? viewKinds.get(view) : undefined
}

/** @internal The view of events of one kind. */
export function eventView<Payload>(kind: string): EventView<Payload> {
  const view = new Proxy({}, {
    get: (_target, name) => {
      if (typeof name === 'symbol') return undefined
      return name === 'time' ? term({ op: 'time', kind, part: 'ms' }) : fieldTerm(kind, [name])
    },
  })
  viewKinds.set(view, kind)
  return view as EventView<Payload>
}

/**
 * The payload field `name`, also where the view means something else by that name: `field(tx, 'time')`.
 * A payload's own `time` is what stands on the event: give `fold` the event time as its third argument, or let
 * the schema rename the field, since the runtime sets `event.time` to the event time.
 */
export function field<Payload, Name extends keyof Payload & string>(view: EventView<Payload>, name: Name): Fields<Payload>[Name]
export function field<Nested extends object, Name extends keyof Nested & string>(nested: Nested, name: Name): Nested[Name]
export function field(view: object, name: string): unknown {
  const kind = kindOfView(view)
  if (kind !== undefined) return fieldTerm(kind, [name])
  const parent = nodeOfField(view)
  return fieldTerm(parent.kind, [...parent.path, name])
}

const fieldNodes = new WeakMap<object, { readonly kind: string; readonly path: readonly string[] }>()

function nodeOfField(view: object): { readonly kind: string; readonly path: readonly string[] } {
  return fieldNodes.get(view) ?? { kind: '', path: [] }
}

function fieldTerm(kind: string, path: readonly string[]): Term {
  const node: Node = { op: 'field', kind, path }
  const proxy = new Proxy(new Term(), {
    get: (target, name, receiver) => {
      if (typeof name === 'symbol') return undefined
      if (OPERATORS.has(name)) return Reflect.get(target, name, receiver) as unknown
      return fieldTerm(kind, [...path, name])
    },
  })
  fieldNodes.set(proxy, { kind, path })
  return bindNode(proxy, node)
}

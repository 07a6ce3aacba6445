// Expressions: what an author writes. Every method returns a new expression; nothing is computed here.
//
// Owns: the typed faces of a node and the operators. Does not know how nodes are evaluated.
// A condition counts as 1 where it holds and 0 where it does not.
import { DefinitionError } from '../protocol/failures.ts'
import type { BinaryOperator, Node, TimePart } from './node.ts'

export type Operand = number | NumberExpression

export interface NumberExpression {
  plus(other: Operand): NumberExpression
  minus(other: Operand): NumberExpression
  times(other: Operand): NumberExpression
  /** The quotient; `whenZero` (0 unless given) where the divisor is 0. */
  over(divisor: Operand, whenZero?: number): NumberExpression
  equals(other: Operand): Condition
  atMost(limit: Operand): Condition
  atLeast(limit: Operand): Condition
  below(limit: Operand): Condition
  above(limit: Operand): Condition
}

export interface Condition extends NumberExpression {
  and(other: Condition): Condition
  or(other: Condition): Condition
  not(): Condition
}

export interface TextExpression {
  equals(text: string): Condition
  oneOf(...texts: readonly string[]): Condition
}

/** An instant in ms since the epoch; its parts are those of UTC. */
export interface TimeExpression extends NumberExpression {
  /** 0..1439. */
  minuteOfDay(): NumberExpression
  /** 0..23. */
  hour(): NumberExpression
  /** 0 = Sunday .. 6 = Saturday. */
  dayOfWeek(): NumberExpression
  /** Saturday or Sunday. */
  isWeekend(): Condition
}

/** A field that may be missing or null: say what stands in for it. */
export interface OptionalField<Expression, Value> {
  orElse(value: Value): Expression
}

// Keyed by identity, because a field is a proxy that answers every property name.
const nodes = new WeakMap<object, Node>()

/** The node behind an expression, undefined for anything else. */
export function nodeOf(expression: unknown): Node | undefined {
  return typeof expression === 'object' && expression !== null ? nodes.get(expression) : undefined
}

/** @internal Gives `expression` its node. */
export function bindNode<Expression extends object>(expression: Expression, node: Node): Expression {
  nodes.set(expression, node)
  return expression
}

/** The node of an operand. Throws DefinitionError for what is neither a finite number nor an expression. */
export function operandNode(operand: unknown, place: string): Node {
  if (typeof operand === 'number' && Number.isFinite(operand)) return { op: 'constant', value: operand + 0 }
  if (typeof operand === 'string') return { op: 'text', value: operand }
  const node = nodeOf(operand)
  if (node) return node
  throw new DefinitionError([`${place}: expected a finite number or an expression such as tx.amount, got ${describe(operand)}`])
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'number' ? String(value) : typeof value
}

/** @internal All operators on one class; the interfaces above show an author the ones that make sense. */
export class Term implements Condition, TimeExpression {
  plus(other: Operand): NumberExpression { return binary('plus', this, other) }
  minus(other: Operand): NumberExpression { return binary('minus', this, other) }
  times(other: Operand): NumberExpression { return binary('times', this, other) }
  equals(other: Operand | string): Condition { return binary('equals', this, other) }
  atMost(limit: Operand): Condition { return binary('atMost', this, limit) }
  atLeast(limit: Operand): Condition { return binary('atLeast', this, limit) }
  below(limit: Operand): Condition { return binary('below', this, limit) }
  above(limit: Operand): Condition { return binary('above', this, limit) }
  and(other: Condition): Condition { return binary('and', this, other) }
  or(other: Condition): Condition { return binary('or', this, other) }
  not(): Condition { return term({ op: 'not', of: ownNode(this) }) }

  over(divisor: Operand, whenZero = 0): NumberExpression {
    return term({ op: 'over', left: ownNode(this), right: operandNode(divisor, 'over'), whenZero })
  }

  oneOf(...texts: readonly string[]): Condition {
    const [first, ...others] = texts
    if (first === undefined) throw new DefinitionError(['oneOf: expected at least one text'])
    return others.reduce((any, text) => any.or(this.equals(text)), this.equals(first))
  }

  orElse(value: number | string | boolean): Term {
    const node = ownNode(this)
    if (node.op !== 'field') throw new DefinitionError(['orElse: only a field of an event can be missing'])
    return term({ ...node, orElse: value })
  }

  minuteOfDay(): NumberExpression { return this.#part('minuteOfDay') }
  hour(): NumberExpression { return this.#part('hour') }
  dayOfWeek(): NumberExpression { return this.#part('dayOfWeek') }
  isWeekend(): Condition { return this.#part('weekend') }

  #part(part: TimePart): Term {
    const node = ownNode(this)
    if (node.op !== 'time' || node.part !== 'ms') throw new DefinitionError([`${part}: only the event time has parts; write tx.time.${part}()`])
    return term({ ...node, part })
  }
}

/** @internal An expression for a node. */
export function term(node: Node): Term {
  return bindNode(new Term(), node)
}

function ownNode(expression: object): Node {
  return operandNode(expression, 'expression')
}

function binary(op: BinaryOperator, left: object, right: unknown): Term {
  return term({ op, left: ownNode(left), right: operandNode(right, op) })
}

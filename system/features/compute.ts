// Compute: turns a node into a function, once, when the set is defined.
//
// Owns: the meaning of the operators and of the values of an event. Leaves that read a state are `reader.ts`.
// A missing or unfit field is an error and never a silent zero; `orElse` is how an author says otherwise.
import { unreachable } from '../protocol/assert.ts'
import { DefinitionError } from '../protocol/failures.ts'
import { FeatureError } from './failure.ts'
import { haversineM } from './geo.ts'
import type { BinaryOperator, FieldNode, Node, TimePart } from './node.ts'
import { timePart } from './utc.ts'

/** Computes a number from a source, which is an event or a state, at a time. */
export type Compute<Source> = (source: Source, timeMs: number) => number
export type EventRecord = Readonly<Record<string, unknown>>

/** Compiles operators; `leaf` is asked first and answers for what it knows how to read. */
export function compile<Source>(node: Node, leaf: (node: Node) => Compute<Source> | undefined): Compute<Source> {
  const known = leaf(node)
  if (known) return known
  if (node.op === 'over') {
    const left = compile(node.left, leaf)
    const right = compile(node.right, leaf)
    const whenZero = node.whenZero
    return (source, timeMs) => {
      const divisor = right(source, timeMs)
      return divisor === 0 ? whenZero : left(source, timeMs) / divisor
    }
  }
  if (node.op === 'not') {
    const of = compile(node.of, leaf)
    return (source, timeMs) => (of(source, timeMs) === 0 ? 1 : 0)
  }
  if (node.op === 'between') {
    const [latA, lngA, latB, lngB] = node.points
    const [a, b, c, d] = [compile(latA, leaf), compile(lngA, leaf), compile(latB, leaf), compile(lngB, leaf)]
    return (source, timeMs) => haversineM(a(source, timeMs), b(source, timeMs), c(source, timeMs), d(source, timeMs))
  }
  if ('left' in node) return compileBinary(node.op, compile(node.left, leaf), compile(node.right, leaf))
  if (node.op === 'constant') {
    const value = node.value
    return () => value
  }
  throw new DefinitionError([`'${node.op}' is no number here; a text can only be compared: tx.category.equals('books')`])
}

function compileBinary<Source>(op: BinaryOperator, left: Compute<Source>, right: Compute<Source>): Compute<Source> {
  switch (op) {
    case 'plus': return (source, timeMs) => left(source, timeMs) + right(source, timeMs)
    case 'minus': return (source, timeMs) => left(source, timeMs) - right(source, timeMs)
    case 'times': return (source, timeMs) => left(source, timeMs) * right(source, timeMs)
    case 'equals': return (source, timeMs) => (left(source, timeMs) === right(source, timeMs) ? 1 : 0)
    case 'atMost': return (source, timeMs) => (left(source, timeMs) <= right(source, timeMs) ? 1 : 0)
    case 'atLeast': return (source, timeMs) => (left(source, timeMs) >= right(source, timeMs) ? 1 : 0)
    case 'below': return (source, timeMs) => (left(source, timeMs) < right(source, timeMs) ? 1 : 0)
    case 'above': return (source, timeMs) => (left(source, timeMs) > right(source, timeMs) ? 1 : 0)
    case 'and': return (source, timeMs) => (left(source, timeMs) !== 0 && right(source, timeMs) !== 0 ? 1 : 0)
    case 'or': return (source, timeMs) => (left(source, timeMs) !== 0 || right(source, timeMs) !== 0 ? 1 : 0)
    default: return unreachable(op)
  }
}

/** A node without folds as a function of one event. Results are finite and never -0; otherwise it throws FeatureError. */
export function compileEvent(node: Node, place: string): Compute<EventRecord> {
  const compute = compile(node, (inner) => eventLeaf(inner, place))
  return (event, timeMs) => {
    const value = compute(event, timeMs)
    if (!Number.isFinite(value)) throw new FeatureError(`${place}: an expression gave ${value}, which is not finite`)
    return value + 0
  }
}

function eventLeaf(node: Node, place: string): Compute<EventRecord> | undefined {
  if (node.op === 'time') return timeLeaf(node.part)
  if (node.op === 'field') return numberLeaf(node, place)
  if (node.op === 'equals' && node.right.op === 'text' && node.left.op === 'field') {
    return textLeaf(node.left, node.right.value, place)
  }
  return undefined
}

function timeLeaf(part: TimePart): Compute<EventRecord> {
  return (_event, timeMs) => timePart(part, timeMs)
}

function numberLeaf(node: FieldNode, place: string): Compute<EventRecord> {
  const read = fieldReader(node)
  return (event) => {
    const value = read(event)
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (typeof value === 'boolean') return value ? 1 : 0
    throw new FeatureError(`${place}: ${pathOf(node)} is ${shown(value)}, expected a finite number or a boolean`)
  }
}

function textLeaf(node: FieldNode, text: string, place: string): Compute<EventRecord> {
  const read = fieldReader(node)
  return (event) => {
    const value = read(event)
    if (typeof value === 'string') return value === text ? 1 : 0
    throw new FeatureError(`${place}: ${pathOf(node)} is ${shown(value)}, expected a text`)
  }
}

function fieldReader(node: FieldNode): (event: EventRecord) => unknown {
  const { path, orElse } = node
  const [first = '', ...rest] = path
  if (rest.length === 0) return (event) => event[first] ?? orElse
  return (event) => {
    let value = event[first]
    for (const name of rest) {
      if (typeof value !== 'object' || value === null) return orElse
      value = (value as EventRecord)[name]
    }
    return value ?? orElse
  }
}

function pathOf(node: FieldNode): string {
  return [...(node.kind === '' ? [] : [node.kind]), ...node.path].join('.')
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'missing (use orElse if it may be)'
  return typeof value === 'number' ? String(value) : `of type ${typeof value}`
}

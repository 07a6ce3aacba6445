// Snapshots: the engine's state, which is XState's own, put into one form, stored and restored.
//
// S1. Active nodes and the keys of a parallel value stand in document order after every microstep. XState lets them stand in the order
//     they were entered, which a stored value does not hold, and which decides who goes first in parallel states (E2).
// S3. A state has exactly one active child of each compound and all of each parallel node, or its step fails: another could not be restored.
// S2. Children are ids of running tasks; none is left when the machine is not active.
import type { EngineState, StoredMachine } from '../../system/ports/engine.ts'
import { notWhole } from '../../system/engine/failure.ts'
import { nodePlace } from './places.ts'
import type { XMachine, XNode, XSnapshot, XValue } from './shapes.ts'

export const snapshotOf = (state: EngineState): XSnapshot => state as unknown as XSnapshot
export const stateOf = (snapshot: XSnapshot): EngineState => snapshot as unknown as EngineState

/** Sorts a snapshot that XState has just made. One already in order is left alone, so that older states are never changed. */
export function byDocumentOrder(snapshot: XSnapshot): void {
  const nodes = snapshot._nodes
  for (let index = 1; index < nodes.length; index += 1) {
    if ((nodes[index - 1] as XNode).order < (nodes[index] as XNode).order) continue
    snapshot._nodes = nodes.toSorted((a, b) => a.order - b.order)
    snapshot.value = valueOf(snapshot._nodes)
    return
  }
}

/** The form in which a snapshot becomes a state, once its step is over. */
export function settled(snapshot: XSnapshot): XSnapshot {
  byDocumentOrder(snapshot)
  if (snapshot.status !== 'active') snapshot.children = {}
  // XState's children are actors that were never started: only the id is needed, to stop the task.
  else if (Object.values(snapshot.children).some((child) => !(child instanceof Task))) snapshot.children = childrenOf(Object.keys(snapshot.children))
  return snapshot
}

/** The snapshot without the task whose result `eventType` brings: it is not running any more. */
export function withoutFinishedTask(snapshot: XSnapshot, eventType: string): XSnapshot {
  if (!eventType.startsWith('xstate.done.actor.') && !eventType.startsWith('xstate.error.actor.')) return snapshot
  const task = eventType.slice(eventType.indexOf('.actor.') + '.actor.'.length)
  if (!Object.hasOwn(snapshot.children, task)) return snapshot
  return { ...snapshot, children: childrenOf(Object.keys(snapshot.children).filter((id) => id !== task)) }
}

/** Lists of nodes found whole: states share theirs until a node is entered or left. */
const whole = new WeakSet<readonly XNode[]>()

/**
 * Puts a snapshot that XState has just made into order (S1) and throws when its nodes are no configuration (S3): XState 5 forgets to leave,
 * or to enter, on some transitions between regions and to the history of a parallel state.
 */
export function takeWhole(snapshot: XSnapshot): void {
  byDocumentOrder(snapshot)
  const nodes = snapshot._nodes
  if (whole.has(nodes)) return
  const broken = brokenNode(nodes)
  if (broken !== undefined) throw notWhole(nodePlace(broken))
  whole.add(nodes)
}

/** The first node whose children, or whose parent, are not active as they must be. */
function brokenNode(nodes: readonly XNode[]): XNode | undefined {
  const children = new Map<XNode, number>()
  for (const { parent } of nodes) if (parent !== undefined) children.set(parent, (children.get(parent) ?? 0) + 1)
  const active = new Set(nodes)
  for (const node of nodes) {
    if (node.parent !== undefined && !active.has(node.parent)) return node.parent
    const wanted = node.type === 'compound' ? 1 : node.type === 'parallel' ? regionsOf(node).length : 0
    if ((children.get(node) ?? 0) !== wanted) return node
  }
  return undefined
}

export function storedOf(snapshot: XSnapshot): StoredMachine {
  const { value, context, output } = snapshot
  const history = Object.entries(snapshot.historyValue).map(([id, nodes]) => [id, nodes.map((node) => node.id)] as const)
  const tasks = Object.keys(snapshot.children)
  return {
    value,
    context,
    status: snapshot.status === 'stopped' ? 'error' : snapshot.status,
    ...(history.length > 0 ? { history: Object.fromEntries(history) } : {}),
    ...(output !== undefined ? { output } : {}),
    ...(tasks.length > 0 ? { tasks } : {}),
  }
}

/** Undefined when the machine has no such states. */
export function restored(machine: XMachine, nodesById: ReadonlyMap<string, XNode>, stored: StoredMachine): XSnapshot | undefined {
  const { context, status, output, tasks } = stored
  if (typeof context !== 'object' || context === null) return undefined
  const nodes = activeNodes(machine.root, stored.value)
  if (nodes === undefined) return undefined
  const historyValue = historyOf(stored.history ?? {}, nodesById)
  if (historyValue === undefined) return undefined
  const value = valueOf(nodes)
  const snapshot = machine.resolveState({ value, context, historyValue, status: 'active', output })
  // XState finds by itself whether these states are final.
  if ((snapshot.status === 'done') !== (status === 'done')) return undefined
  snapshot.status = status
  snapshot._nodes = nodes
  snapshot.value = value
  snapshot.children = childrenOf(tasks ?? [])
  return snapshot
}

/** A running task, as far as XState has to know. */
class Task {
  readonly id: string
  constructor(id: string) {
    this.id = id
  }
}

function childrenOf(ids: readonly string[]): XSnapshot['children'] {
  return Object.fromEntries(ids.map((id) => [id, new Task(id)]))
}

function historyOf(history: Readonly<Record<string, readonly string[]>>, nodesById: ReadonlyMap<string, XNode>): XSnapshot['historyValue'] | undefined {
  const remembered: [string, XNode[]][] = []
  for (const [id, ids] of Object.entries(history)) {
    const nodes = ids.map((each) => nodesById.get(each)).filter((node) => node !== undefined)
    if (nodesById.get(id)?.type !== 'history' || nodes.length < ids.length) return undefined
    remembered.push([id, nodes])
  }
  return Object.fromEntries(remembered)
}

/** The nodes that `value` makes active, in document order; undefined when it is not exactly a value of this node. */
function activeNodes(node: XNode, value: unknown): XNode[] | undefined {
  if (node.type === 'history') return undefined
  const keys = node.type === 'atomic' || node.type === 'final' ? [] : keysOf(value)
  if (keys.length !== (node.type === 'parallel' ? regionsOf(node).length : node.type === 'compound' ? 1 : 0)) return undefined
  if (keys.length === 0 && !isEmptyValue(value)) return undefined
  const below: XNode[] = []
  for (const key of keys) {
    const child = Object.hasOwn(node.states, key) ? node.states[key] : undefined
    const inner = child && activeNodes(child, typeof value === 'string' ? {} : (value as Record<string, unknown>)[key])
    if (inner === undefined) return undefined
    below.push(...inner)
  }
  return [node, ...below].sort((a, b) => a.order - b.order)
}

const regionsOf = (node: XNode): readonly XNode[] => Object.values(node.states).filter((child) => child.type !== 'history')

const isEmptyValue = (value: unknown): boolean => value !== null && typeof value === 'object' && Object.keys(value).length === 0

function keysOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}

/** XState's state value of nodes in document order; the first is the root. */
function valueOf(nodes: readonly XNode[]): XValue {
  const below = new Map<XNode, XNode[]>()
  for (const node of nodes) {
    if (node.parent === undefined) continue
    const siblings = below.get(node.parent)
    if (siblings === undefined) below.set(node.parent, [node])
    else siblings.push(node)
  }
  const valueBelow = (node: XNode): XValue => {
    const children = below.get(node) ?? []
    const [only] = children
    if (node.type === 'compound' && only !== undefined && (only.type === 'atomic' || only.type === 'final')) return only.key
    return Object.fromEntries(children.map((child) => [child.key, valueBelow(child)]))
  }
  const [root] = nodes
  return root === undefined ? {} : valueBelow(root)
}

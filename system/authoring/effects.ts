// Effects a machine can ask for beyond XState's own `emit`, `raise`, `cancel` and `log`: tell, infer, lookup, reply.
//
// They stand where an XState action stands, and are never executed: an engine finds their description with `effectActionOf`,
// resolves it with the context and event of that moment, and hands it out as data.
import type { ActionArgs, EventObject, MachineContext, ParameterizedObject } from 'xstate'

type Params = ParameterizedObject['params'] | undefined

/** What an expression of an effect sees. `params` are those of a named action. */
export interface EffectArgs<TContext, TEvent> {
  readonly context: TContext
  readonly event: TEvent
}

/** A value, or how to get it from context and event. */
export type Resolvable<TValue> = TValue | ((args: EffectArgs<unknown, unknown>, params: unknown) => TValue)

/** What an engine finds in an effect's action. */
export type EffectAction =
  | { readonly kind: 'tell'; readonly target: string; readonly id: Resolvable<string>; readonly event: Resolvable<EventObject> }
  | { readonly kind: 'infer'; readonly model: string; readonly vector: Resolvable<Vector> }
  | { readonly kind: 'lookup'; readonly table: string; readonly key: Resolvable<string> }
  | { readonly kind: 'reply'; readonly value: Resolvable<unknown> }

/** Numbers in the order the model was trained on, or the vector of a feature set. */
export type Vector = readonly number[] | { readonly values: readonly number[] }

type Expression<TContext extends MachineContext, TExpressionEvent extends EventObject, TParams extends Params, TValue> = (
  args: EffectArgs<TContext, TExpressionEvent>,
  params: TParams,
) => TValue

/** What XState takes as an action, inline or by name in setup. */
export interface EffectFunction<TContext extends MachineContext, TExpressionEvent extends EventObject, TParams extends Params, TEvent extends EventObject> {
  (args: ActionArgs<TContext, TExpressionEvent, TEvent>, params: TParams): void
}

// Registered, so that two copies of the package in one process understand each other.
const EFFECT = Symbol.for('statelog.effect')

/** Thrown when an effect's action is executed by XState itself, outside statelog. */
export class EffectExecuted extends TypeError {
  override readonly name = 'EffectExecuted'
}

/** Sends `event` to the entity `id` of the actor type `target`, in the same commit as everything else of this step. */
export function tell<TContext extends MachineContext, TExpressionEvent extends EventObject, TParams extends Params, TEvent extends EventObject>(
  target: string,
  id: string | Expression<TContext, TExpressionEvent, TParams, string>,
  event: EventObject | Expression<TContext, TExpressionEvent, TParams, EventObject>,
): EffectFunction<TContext, TExpressionEvent, TParams, TEvent> {
  return effect({ kind: 'tell', target, id: id as Resolvable<string>, event: event as Resolvable<EventObject> })
}

/** Asks `model` for a score of `vector`; it comes back to this entity as the event `inference.<model>` before its next input. */
export function infer<TContext extends MachineContext, TExpressionEvent extends EventObject, TParams extends Params, TEvent extends EventObject>(
  model: string | { readonly name: string },
  vector: Vector | Expression<TContext, TExpressionEvent, TParams, Vector>,
): EffectFunction<TContext, TExpressionEvent, TParams, TEvent> {
  const name = typeof model === 'string' ? model : model.name
  return effect({ kind: 'infer', model: name, vector: vector as Resolvable<Vector> })
}

/**
 * Asks `table` for the row of a key; it comes back to this entity as the event `lookup.<table>` `{ table, key, row }` before its next input.
 * `row` is undefined where the table has none. The row stands in the journal: a replay does not ask again.
 */
export function lookup<TContext extends MachineContext, TExpressionEvent extends EventObject, TParams extends Params, TEvent extends EventObject>(
  table: string | { readonly name: string },
  key: string | Expression<TContext, TExpressionEvent, TParams, string>,
): EffectFunction<TContext, TExpressionEvent, TParams, TEvent> {
  const name = typeof table === 'string' ? table : table.name
  return effect({ kind: 'lookup', table: name, key: key as Resolvable<string> })
}

/** Answers the command that this step handles, once the step is committed. Without a command, nothing happens. */
export function reply<TContext extends MachineContext, TExpressionEvent extends EventObject, TParams extends Params, TEvent extends EventObject>(
  value: Expression<TContext, TExpressionEvent, TParams, unknown> | string | number | boolean | null | object,
): EffectFunction<TContext, TExpressionEvent, TParams, TEvent> {
  return effect({ kind: 'reply', value: value as Resolvable<unknown> })
}

/** The description inside an action made by `tell`, `infer`, `lookup` or `reply`; undefined for anything else. */
export function effectActionOf(action: unknown): EffectAction | undefined {
  if (typeof action !== 'function') return undefined
  return (action as { [EFFECT]?: EffectAction })[EFFECT]
}

function effect(description: EffectAction): () => void {
  const action = (): void => {
    throw new EffectExecuted(`${description.kind} runs inside statelog only: no other interpreter of this machine can carry it out`)
  }
  Object.defineProperty(action, 'name', { value: description.kind })
  Object.defineProperty(action, EFFECT, { value: description })
  return action
}

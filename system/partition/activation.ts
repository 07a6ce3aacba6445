// Activation: which models a partition scores with, and how that changes: by control records in its inbox, which have a position, or by new code.
//
// Owns nothing. `library.ts` of the models loads artifacts, the fold applies.
//
// A1. An activation takes effect at its place among the inputs: everything before it is scored by the old model, everything after by the new.
// A2. It stands until another one, or until the code itself brings another model of that name than the one it replaced: the later act counts.
// A3. An artifact that cannot be used refuses the activation (a dead letter); one that cannot be fetched now makes the partition wait.
import type { Failure } from '../protocol/failures.ts'
import type { Arrival } from './arrivals.ts'
import { inputRef } from './arrivals.ts'
import type { Decode } from './decode.ts'
import type { Activation } from './envelope.ts'
import type { InputRef } from './journal.ts'
import type { Memory } from './memory.ts'
import { Unanswered } from './outside.ts'
import type { ModelRef, TypePlan } from './topology.ts'

/** Gets artifacts ready for scoring. */
export interface ModelLoader {
  /** Undefined when the model can score from now on, else why it never will. Rejects when the artifacts cannot be reached. */
  load(name: string, ref: ModelRef): Promise<string | undefined>
}

/** Loads what the arrivals activate. Answers the activations that cannot be carried out, with the reason (A3). Rejects with Unanswered. */
export async function prepareActivations(plan: TypePlan, arrivals: readonly Arrival[], models: ModelLoader): Promise<ReadonlyMap<InputRef, Failure>> {
  const refused = new Map<InputRef, Failure>()
  for (const { topic, record, decode } of activationsIn(plan, arrivals)) {
    const { model, version, hash } = decode.activation
    const known = plan.models.has(model)
    const reason = known ? await loading(models, model, { version, hash }) : `there is no model '${model}' in this system`
    if (reason !== undefined) refused.set(inputRef(plan.inputs, topic, record.offset), { class: 'model', message: `model '${model}' v${version} was not activated: ${reason}`, stage: 'activation' })
  }
  return refused
}

type ActivatingArrival = Arrival & { readonly decode: Extract<Decode, { readonly kind: 'activation' }> }

const isActivation = (arrival: Arrival): arrival is ActivatingArrival => arrival.decode.kind === 'activation'

/** They come through the inbox alone: nothing else is decoded for it. */
function activationsIn({ inbox }: TypePlan, arrivals: readonly Arrival[]): readonly ActivatingArrival[] {
  return arrivals.filter((arrival) => arrival.topic === inbox).filter(isActivation)
}

/** A1. */
export function activate(memory: Memory, { model, version, hash }: Activation): void {
  const before = memory.models.get(model)
  const over = before?.over ?? before?.hash
  memory.models = new Map(memory.models).set(model, { version, hash, ...(over === undefined ? {} : { over }) })
}

/** The models of a lease, from those that were active last and those of the code (A2). */
export function modelsOfLease(active: ReadonlyMap<string, ModelRef>, code: ReadonlyMap<string, ModelRef>): ReadonlyMap<string, ModelRef> {
  return new Map([...code].map(([name, ref]): [string, ModelRef] => {
    const before = active.get(name)
    return [name, before?.over === ref.hash ? before : ref]
  }))
}

/** Loads everything active. Answers why a model cannot be used, undefined when all can. Rejects with Unanswered. */
export async function prepareModels(active: ReadonlyMap<string, ModelRef>, models: ModelLoader): Promise<string | undefined> {
  for (const [name, ref] of active) {
    const reason = await loading(models, name, ref)
    if (reason !== undefined) return `model '${name}' v${ref.version} (${ref.hash.slice(0, 12)}), which was activated, cannot be used: ${reason}`
  }
  return undefined
}

async function loading(models: ModelLoader, name: string, ref: ModelRef): Promise<string | undefined> {
  try {
    return await models.load(name, ref)
  } catch (thrown) {
    throw new Unanswered(`the artifact of model '${name}' v${ref.version} cannot be reached: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

// The actors of this repository on both engines, with the events of their scenarios, and with random scores, rows and timers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scenarios } from '../../scenarios/registry.ts'
import type { FeedEvent, FeedItem } from '../../system/authoring/scenario.ts'
import type { ActorDefinition } from '../../system/authoring/definition.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import { CompiledMachine } from '../../system/engine/machine.ts'
import type { Effect } from '../../system/ports/engine.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import { Chance } from '../support/statecharts/chance.ts'
import { Duel } from '../support/statecharts/duel.ts'
import { testSeed } from '../support/seed.ts'

const EVENTS_FED = 1500
const STEPS_MAX = 8000

interface Delivery {
  readonly actor: ActorDefinition
  readonly id: string
  readonly event: MachineEvent
}

/** Everything a system's entities say to each other, without time: what is armed fires at random. */
class Society {
  steps = 0
  failed = 0
  readonly #system: SystemDefinition
  readonly #chance = new Chance(testSeed())
  readonly #entities = new Map<string, Duel>()
  readonly #armed: Delivery[] = []

  constructor(system: SystemDefinition) {
    this.#system = system
  }

  feed({ topic, key, event }: FeedEvent): void {
    for (const actor of this.#system.actors) {
      const source = actor.sources.find((each) => each.topic === topic)
      const read = source?.schema['~standard'].validate(event)
      if (read !== undefined && 'value' in read) this.#take({ actor, id: key, event: read.value as MachineEvent })
    }
    if (this.#armed.length > 0 && this.#chance.is(20)) this.#take(this.#armed.splice(this.#chance.below(this.#armed.length), 1)[0] as Delivery)
  }

  #take(first: Delivery): void {
    const waiting = [first]
    for (let next = waiting.shift(); next !== undefined && this.steps < STEPS_MAX; next = waiting.shift()) {
      const { actor, id, event } = next
      this.steps += 1
      const result = this.#entity(actor, id).take(event)
      if (result.kind === 'failed') this.failed += 1
      else for (const effect of result.effects) waiting.push(...this.#answers(actor, id, event, effect))
    }
  }

  #entity(actor: ActorDefinition, id: string): Duel {
    const name = `${actor.name}/${id}`
    const known = this.#entities.get(name)
    if (known?.isActive === true) {
      if (this.#chance.is(5)) known.swap()
      return known
    }
    const { machine, entityOfAll } = actor
    assert.ok(machine instanceof CompiledMachine || entityOfAll !== undefined, `${actor.name} is not compiled: ${machine.interpreted}`)
    // An ingress has a machine of its own kind.
    const duel = new Duel(machine, machine instanceof CompiledMachine ? machine.interpreter : machine)
    duel.begin(actor.input(id))
    this.#entities.set(name, duel)
    return duel
  }

  #answers(actor: ActorDefinition, id: string, { time }: MachineEvent, effect: Effect): readonly Delivery[] {
    switch (effect.kind) {
      case 'tell': {
        const told = this.#system.actors.find(({ name }) => name === effect.target)
        return told === undefined ? [] : [{ actor: told, id: effect.id, event: effect.event }]
      }
      case 'infer':
        return [{ actor, id, event: { type: `inference.${effect.model}`, model: effect.model, version: 1, score: this.#chance.below(1000) / 1000, time } }]
      case 'lookup':
        return [{ actor, id, event: { type: `lookup.${effect.table}`, table: effect.table, key: effect.key, row: undefined, time } }]
      case 'task':
        return [{ actor, id, event: this.#chance.is(80) ? { type: `xstate.done.actor.${effect.task}`, output: effect.input, actorId: effect.task, time } : { type: `xstate.error.actor.${effect.task}`, error: 'down', actorId: effect.task, time } }]
      case 'schedule':
        this.#armed.push({ actor, id, event: { ...effect.event, time: Number(time ?? 0) + effect.delayMs } })
    }
    return []
  }
}

const isEvent = (item: FeedItem): item is FeedEvent => 'event' in item

for (const [name, load] of scenarios) {
  test(`${name}: both engines answer the same to its events`, async () => {
    const run = await (await load()).prepare({ seed: testSeed(), data: undefined, events: EVENTS_FED, flags: new Map() })
    const society = new Society(run.system)
    for await (const items of run.feed()) {
      for (const item of items) if (isEvent(item)) society.feed(item)
      if (society.steps >= STEPS_MAX) break
    }
    console.log(`${name}: ${society.steps} steps compared, ${society.failed} failed alike`)
    assert.ok(society.steps >= EVENTS_FED, `only ${society.steps} steps`)
  })
}

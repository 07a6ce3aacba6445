// I9: memory and the way from the floor are bounded, whatever the states' size.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { emptyMemory } from '../../../system/partition/memory.ts'
import { sentPlan, Snapshots } from '../../../system/partition/snapshots.ts'
import { keyedStateStore } from '../../../system/partition/state-store.ts'
import type { EngineState } from '../../../system/ports/engine.ts'
import { BATCH_RECORDS_MAX } from '../../../system/protocol/limits.ts'
import { codec, defineActor, entityId, planOf } from '../../support/partition/bench.ts'

const STATE_BYTES = 20_000
const COMMITS = 40
const FOLD_INPUTS_MAX = 4000

const machine = createMachine({ context: { text: '' }, on: { fill: { actions: assign({ text: ({ event }) => event['text'] as string }) } } } as never)

test('I9: full batches of inputs to different entities, whose states are 20 KB: memory stays near its bound, and so does what a recovery folds', () => {
  const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, snapshotEvery: 5000, limits: { entityBytesMax: 64 << 20, foldInputsMax: FOLD_INPUTS_MAX } })], 'one')
  const memory = emptyMemory(plan, 0)
  memory.life = 'life'
  const store = keyedStateStore({ get: async () => [], armed: async () => [] }, codec, plan, 0)
  const snapshots = new Snapshots(memory, codec, store, [])
  const { machine: prepared } = plan.definition
  const made = prepared.initial({ id: 'x' }, 0)
  assert.ok(made.kind === 'ok')
  const filled = prepared.step(made.state, { type: 'fill', text: 'x'.repeat(STATE_BYTES) }, 0)
  assert.ok(filled.kind === 'ok')
  const state: EngineState = filled.state
  let floor = 0
  let live = 0
  for (let seq = 1; seq <= COMMITS; seq += 1) {
    const nowMs = seq * 50
    for (let n = 0; n < BATCH_RECORDS_MAX; n += 1) {
      const entity = memory.entities.use(entityId(`e${seq * BATCH_RECORDS_MAX + n}`))
      entity.machine = state
      memory.entities.touch(entity, seq, nowMs)
    }
    const written = snapshots.plan(seq, nowMs, seq, 'busy')
    snapshots.journalled(seq, seq, BATCH_RECORDS_MAX, { ms: 20, bytes: 1 << 20 })
    snapshots.settled(sentPlan(written))
    floor = written.floor.seq
    memory.entities.evict(plan.definition.limits.entityBytesMax, () => true)
    live = memory.entities.size
  }
  const inputs = (COMMITS - floor + 1) * BATCH_RECORDS_MAX
  assert.ok(live * STATE_BYTES < 2 * (64 << 20), `${live} entities with states of ${Math.round(live * STATE_BYTES / 1e6)} MB are in memory, estimated as ${Math.round(memory.entities.bytes / 1e6)} MB; the bound is 64 MiB`)
  assert.ok(inputs < 3 * FOLD_INPUTS_MAX, `a recovery folds ${inputs} inputs; the bound is ${FOLD_INPUTS_MAX}`)
})

test('I9: the same for the way from the floor alone', () => {
  const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, snapshotEvery: 5000, limits: { foldInputsMax: FOLD_INPUTS_MAX } })], 'one')
  const memory = emptyMemory(plan, 0)
  const snapshots = new Snapshots(memory, codec, keyedStateStore({ get: async () => [], armed: async () => [] }, codec, plan, 0), [])
  const { machine: prepared } = plan.definition
  const made = prepared.initial({ id: 'x' }, 0)
  assert.ok(made.kind === 'ok')
  const filled = prepared.step(made.state, { type: 'fill', text: 'x'.repeat(STATE_BYTES) }, 0)
  assert.ok(filled.kind === 'ok')
  const behind: number[] = []
  for (let seq = 1; seq <= COMMITS; seq += 1) {
    for (let n = 0; n < BATCH_RECORDS_MAX; n += 1) {
      // 4,000 entities in turn.
      const entity = memory.entities.use(entityId(`e${(seq * BATCH_RECORDS_MAX + n) % 4000}`))
      entity.machine = filled.state
      memory.entities.touch(entity, seq, seq * 50)
    }
    const written = snapshots.plan(seq, seq * 50, seq, 'busy')
    snapshots.journalled(seq, seq, BATCH_RECORDS_MAX, { ms: 20, bytes: 1 << 20 })
    snapshots.settled(sentPlan(written))
    behind.push((seq - written.floor.seq + 1) * BATCH_RECORDS_MAX)
  }
  assert.ok(Math.max(...behind) < 3 * FOLD_INPUTS_MAX, `a recovery folds ${behind.filter((_, at) => at % 8 === 7).join(', ')} inputs at every eighth commit; the bound is ${FOLD_INPUTS_MAX}`)
})

// Tasks: whatever a task returns or throws becomes one result in the inbox, and never an end of the process (G2).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromPromise, createMachine } from 'xstate'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { TaskRunner } from '../../../../system/node/tasks.ts'
import type { AppendOutcome, Log } from '../../../../system/ports/log.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'
import { decodeEnvelope } from '../../../../system/partition/envelope.ts'
import { codec, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'

/** Runs one task and answers the results that were offered to the log, which takes at most `bytesMax`. */
async function resultsOf(task: () => Promise<unknown>, bytesMax = 1000): Promise<readonly unknown[]> {
  const machine = createMachine({ invoke: { src: fromPromise(task) } })
  const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never })], 'one')
  const offered: Uint8Array[] = []
  return new Promise((resolve) => {
    const append = async ([record]: readonly OutRecord[]): Promise<AppendOutcome> => {
      offered.push(record?.value ?? new Uint8Array())
      if ((record?.value?.length ?? 0) > bytesMax) return { kind: 'failed', reason: 'too large' }
      resolve(offered.map((bytes) => {
        const envelope = decodeEnvelope(codec, bytes)
        return envelope.kind === 'task' ? { ok: envelope.ok, value: envelope.value } : envelope
      }))
      return { kind: 'done', offsets: [0] }
    }
    const initial = plan.definition.machine.initial(undefined, 0)
    const effect = initial.kind === 'ok' ? initial.effects.find((one) => one.kind === 'task') : undefined
    assert.ok(effect?.kind === 'task')
    new TaskRunner({ append } as unknown as Log, codec, wallClock, silent).start(plan, [{ entity: entityId('a'), task: effect.task, key: 'one/a/t/1-1', src: effect.src, input: undefined }])
  })
}

const hostile = (): object => Object.defineProperty(new RangeError('x'), 'message', { get: () => { throw new RangeError('looked at') } })

test('what a task throws is told to the machine, also a value that cannot be made text', async () => {
  assert.deepEqual(await resultsOf(async () => { throw new RangeError('no') }), [{ ok: false, value: { name: 'RangeError', message: 'no' } }])
  assert.deepEqual(await resultsOf(async () => { throw Object.create(null) }), [{ ok: false, value: { name: 'Thrown', message: 'an object that cannot be made text' } }])
  assert.deepEqual(await resultsOf(async () => { throw hostile() }), [{ ok: false, value: { name: 'Thrown', message: 'an object that cannot be made text' } }])
})

test('a result that cannot be stored, or throws when it is looked at, is a failure of the task', async () => {
  for (const value of [new Map(), { get x(): never { throw new RangeError('looked at') } }, new Proxy({}, { ownKeys: () => { throw new RangeError('looked at') } })]) {
    const [result] = await resultsOf(async () => value) as readonly { readonly ok: boolean; readonly value: { readonly name: string } }[]
    assert.deepEqual([result?.ok, result?.value.name], [false, 'NotPlainData'])
  }
})

test('a result that the log never takes is a failure of the task, not a reason to run it without end', async () => {
  const [large, failure] = await resultsOf(async () => 'x'.repeat(2000)) as readonly { readonly ok: boolean; readonly value: unknown }[]
  assert.equal(large?.ok, true)
  assert.deepEqual(failure, { ok: false, value: { name: 'ResultRefused', message: "the log refuses the task's result: too large" } })
})

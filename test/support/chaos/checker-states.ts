// I5: the newest stored state of every entity is the fold of its inputs. For logs at rest after an orderly drain.
import { isDeepStrictEqual } from 'node:util'
import { readState, textOf } from './checker-codec.ts'
import { isBlank } from './checker-entity.ts'
import type { PlainEntity } from './checker-entity.ts'
import type { Report } from './checker-report.ts'
import type { PlainType } from './checker-types.ts'
import type { LogDump } from './dump.ts'

export function checkStates(dump: LogDump, type: PlainType, partition: number, entities: ReadonlyMap<string, PlainEntity>, report: Report): void {
  const what = `${type.state}/${partition}`
  const stored = new Map<string, Uint8Array | null>()
  for (const record of dump.topics.get(type.state)?.[partition] ?? []) {
    const key = textOf(record.key)
    if (key !== undefined) stored.set(key, record.value)
  }
  for (const [id, entity] of entities) {
    const bytes = stored.get(id)
    stored.delete(id)
    const found = bytes === undefined || bytes === null ? {} : readState(bytes)
    const wanted = isBlank(entity) ? {} : plainState(type, entity)
    report.count('states')
    if (!isDeepStrictEqual(found === undefined ? undefined : comparable(found), wanted)) report.blame('I5', `${what}: '${id}' is ${JSON.stringify(found)}, must be ${JSON.stringify(wanted)}`)
  }
  for (const [id, bytes] of stored) if (bytes !== null) report.blame('I5', `${what}: '${id}' has a state, and no input`)
}

function plainState(type: PlainType, entity: PlainEntity): object {
  const { now, timers, tasks, seen, holds } = entity
  return {
    ...(now === undefined ? {} : { value: type.behaviour.value(now.state), context: now.data, status: entity.stopped ? 'done' : 'active' }),
    ...(timers.size === 0 ? {} : { timers: [...timers].map(([id, { generation, dueMs }]) => [id, generation, dueMs]) }),
    ...(tasks.size === 0 ? {} : { tasks: [...tasks].map(([id, { key }]) => [id, key]) }),
    ...(seen.length === 0 ? {} : { seen: seen.map(({ key, timeMs }) => [key, timeMs]) }),
    ...(holds.length === 0 ? {} : { holds: holds.length }),
    ...(entity.stopped ? { stopped: true } : {}),
  }
}

function comparable(found: NonNullable<ReturnType<typeof readState>>): object {
  const { m, t, k, d, h, stopped } = found
  return {
    ...(m === undefined ? {} : { value: m.value, context: m.context, status: m.status }),
    ...(t === undefined ? {} : { timers: t.map(([id, generation, dueMs]) => [id, generation, dueMs]) }),
    ...(k === undefined ? {} : { tasks: k.map(([id, key]) => [id, key]) }),
    ...(d === undefined ? {} : { seen: d.map(([key, timeMs]) => [key, timeMs]) }),
    ...(h === undefined ? {} : { holds: h.length }),
    ...(stopped === true ? { stopped: true } : {}),
  }
}

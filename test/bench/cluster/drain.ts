// W1 on a Kafka cluster: a process consumes a loaded topic from its start; it is timed by what a reader of committed records sees, and its outputs are checked.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openKafkaLog } from '../../../adapters/kafka/log.ts'
import type { KafkaLog } from '../../../adapters/kafka/log.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import { checkRun, isWhole } from '../w1/check.ts'
import type { Workload } from '../w1/events.ts'
import { loadWorkload } from '../w1/load.ts'
import { PARTITIONS } from '../w1/system.ts'
import { busyMs, Member } from './members.ts'
import type { Program } from './program.ts'
import { Watch } from './watch.ts'

export interface DrainPlan {
  readonly program: Program
  readonly brokers: string
  readonly workload: Workload
  /** Of what the topic is called that holds the workload; loaded when it is not there. */
  readonly source: string
  readonly env: Readonly<Record<string, string>>
}

export interface DrainFigures {
  /** Events a second after the first tenth. */
  readonly rate: number
  /** Processor time of the process after the first tenth, microseconds an event. */
  readonly cpuUs: number
  /** From the start of the process to the first output. */
  readonly firstMs: number
}

const UNCOUNTED = 0.1
const DRAIN_MS_MAX = 300_000

/** Throws when the checker finds anything wrong: such a run has no figure. */
export async function measureDrain(plan: DrainPlan): Promise<DrainFigures> {
  const { program, brokers, workload, source, env } = plan
  const folder = mkdtempSync(join(tmpdir(), 'statelog-drain-'))
  const name = `drain${process.pid}x${Date.now() % 1_000_000}`
  const log = await openKafkaLog({ brokers, clock: systemClock })
  const output = `${name}-out`
  const member = new Member(name, { program, folder, env: { KAFKA_BROKERS: brokers, INPUT_TOPIC: source, OUTPUT_TOPIC: output, GROUP: name, ...env } })
  const watch = new Watch(log, output, PARTITIONS)
  try {
    await load(log, workload, source)
    await log.ensureTopics([{ name: output, partitions: PARTITIONS, cleanup: 'delete' }])
    await watch.start()
    const startedMs = performance.now()
    member.start()
    await seen(watch, 1, member)
    const firstMs = performance.now() - startedMs
    const counted = await seen(watch, workload.events * UNCOUNTED, member)
    const ended = await seen(watch, workload.events, member)
    await member.kill()
    const verdict = await checkRun(log, workload, { states: false, output })
    if (!isWhole(verdict)) throw new TypeError(`the run is invalid: ${JSON.stringify(verdict)}`)
    const events = ended.count - counted.count
    return { rate: events / ((ended.atMs - counted.atMs) / 1000), cpuUs: ((ended.cpuMs - counted.cpuMs) * 1000) / events, firstMs }
  } finally {
    await member.kill()
    await watch.stop()
    await log.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function load(log: KafkaLog, workload: Workload, source: string): Promise<void> {
  const known = (await log.topics()).some(({ name }) => name === source)
  if (!known) await loadWorkload(log, workload, source)
}

interface Mark {
  readonly atMs: number
  readonly cpuMs: number
  readonly count: number
}

async function seen(watch: Watch, count: number, member: Member): Promise<Mark> {
  const endMs = performance.now() + DRAIN_MS_MAX
  while (watch.count < count) {
    if (member.hasEnded) throw new TypeError(`the process ended after ${watch.count} outputs of ${count}`)
    if (performance.now() > endMs) throw new TypeError(`only ${watch.count} outputs of ${count} came within ${DRAIN_MS_MAX / 1000} s`)
    await sleep(10)
  }
  return { atMs: performance.now(), cpuMs: busyMs(member.pid), count: watch.count }
}

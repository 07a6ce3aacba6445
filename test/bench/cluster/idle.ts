// What a process with 16 partitions takes while nothing happens.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaClient } from '../../../adapters/node/medium.ts'
import type { Runtime } from '../w1/measure.ts'
import { Member, processorMs } from './members.ts'
import { memberProgram } from './program.ts'

export interface IdlePlan {
  readonly runtime: Runtime
  readonly client: KafkaClient
  readonly brokers: string
  readonly redis: string
  readonly seconds: number
}

const PARTITIONS = 16
const START_MS_MAX = 60_000
/** What starting leaves behind. */
const CALM_MS = 10_000

/** Share of one core, percent. */
export async function measureIdle({ runtime, client, brokers, redis, seconds }: IdlePlan): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-idle-'))
  const name = `idle${process.pid}x${Date.now() % 1_000_000}`
  const member = new Member(name, { program: memberProgram(runtime), folder, env: { KAFKA_BROKERS: brokers, INPUT_TOPIC: `${name}-in`, OUTPUT_TOPIC: `${name}-out`, GROUP: name, COMMIT_MS: '20', W1_REDIS: redis, W1_CLIENT: client, W1_PARTITIONS: String(PARTITIONS) } })
  try {
    member.start()
    for (let waitedMs = 0; member.live.size < PARTITIONS; waitedMs += 100) {
      if (waitedMs > START_MS_MAX) throw new TypeError(`${member.live.size} of ${PARTITIONS} partitions came to work within ${START_MS_MAX / 1000} s`)
      await sleep(100)
    }
    await sleep(CALM_MS)
    const before = processorMs(member.pid)
    await sleep(seconds * 1000)
    return (100 * (processorMs(member.pid) - before)) / (seconds * 1000)
  } finally {
    await member.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

// Another process holds the write lock for longer than a write waits: partitions say what they wait for and go on when it is free, each input counted once (I10, I2).
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import type { SqliteLog } from '../../adapters/sqlite/log.ts'
import { StatelogNode } from '../../system/node/node.ts'
import { planSystem, topicSpecs } from '../../system/partition/topology.ts'
import type { PartitionEvent } from '../../system/ports/telemetry.ts'
import { partitionOf } from '../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'
import { values } from '../contract/log-fixture.ts'
import { ledger } from '../support/crash/system.ts'
import { silent } from '../support/partition/owner.ts'

const PARTITIONS = 2
const DEEDS = 5
/** How long a write waits for the lock. */
const BUSY_MS_MAX = 50
/** A batch that is not full waits for so long: in that time the lock is taken. */
const COMMIT_WAIT_MS = 1000

/** The other process. */
interface Hog {
  hold(): Promise<void>
  free(): Promise<void>
  end(): Promise<void>
}

async function hogOf(folder: string): Promise<Hog> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sqlite-hog.ts'), folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const told = async (line: string): Promise<void> => assert.equal((await lines.next()).value, line)
  const tell = (line: string): Promise<void> => {
    child.stdin.write(`${line}\n`)
    return told(line)
  }
  await told('ready')
  return {
    hold: () => tell('hold'), free: () => tell('free'),
    end: async () => {
      child.stdin.end()
      await exited
    },
  }
}

interface Scene {
  readonly log: SqliteLog
  readonly node: StatelogNode
  readonly hog: Hog
  /** What its partitions were told to wait for, by partition. */
  readonly waits: ReadonlyMap<number, readonly string[]>
}

async function withScene(run: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-busy-'))
  const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock, busyMsMax: BUSY_MS_MAX })
  const system = ledger(PARTITIONS, new Set())
  await log.ensureTopics(topicSpecs(planSystem(system)))
  const hog = await hogOf(folder)
  const waits = new Map<number, string[]>(Array.from({ length: PARTITIONS }, (_, partition) => [partition, []]))
  const node = new StatelogNode({
    system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), hasTopics: true, settings: { commitWaitMs: COMMIT_WAIT_MS },
    telemetry: { ...silent, partition: ({ partition, state, reason }: PartitionEvent) => { if (state === 'waiting') waits.get(partition)?.push(reason ?? '') } },
  })
  try {
    await run({ log, node, hog, waits })
  } finally {
    await hog.end()
    await node.stop()
    await log.close()
    rmSync(folder, { recursive: true })
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const untilMs = wallClock.monotonicMs() + 20_000
  while (!holds()) {
    assert.ok(wallClock.monotonicMs() < untilMs, what)
    await wallClock.sleep(5)
  }
}

const isLive = ({ node }: Scene): boolean => Array.from({ length: PARTITIONS }, (_, partition) => node.partition('account', partition)?.state).every((state) => state === 'live')

const haveWaited = ({ waits }: Scene, reason: RegExp): boolean => [...waits.values()].every((reasons) => reasons.some((one) => reason.test(one)))

const FENCE = /^fencing failed: .*another process is writing/
const COMMIT = /^the outcome of a commit is not known: .*another process is writing/

function accountIn(partition: number): string {
  for (let n = 0; ; n += 1) if (partitionOf(utf8Encode(`a${n}`), PARTITIONS) === partition) return `a${n}`
}

/** The running counts in the outputs of a partition. */
async function counts(log: SqliteLog, partition: number): Promise<readonly number[]> {
  return (await values(log, 'sums', partition)).map((text) => (JSON.parse(text ?? '') as { readonly count: number }).count)
}

test('partitions that cannot be fenced as they start are live when the lock is free', { timeout: 60_000 }, () => withScene(async (scene) => {
  await scene.hog.hold()
  await scene.node.start()
  await until('each waits for the lock', () => haveWaited(scene, FENCE))
  await scene.hog.free()
  await until('each is live', () => isLive(scene))
}))

test('partitions whose commit and next fence met the lock go on when it is free, each input counted once', { timeout: 60_000 }, () => withScene(async (scene) => {
  const { log, node, hog } = scene
  await node.start()
  await until('each is live', () => isLive(scene))
  const nowMs = wallClock.nowMs()
  const deeds = Array.from({ length: DEEDS * PARTITIONS }, (_, at) => {
    const account = accountIn(at % PARTITIONS)
    return { topic: 'deeds', partition: at % PARTITIONS, key: utf8Encode(account), value: utf8Encode(JSON.stringify({ type: 'add', account, n: 1, time: nowMs })), headers: [], timestampMs: nowMs }
  })
  assert.equal((await log.append(deeds)).kind, 'done')
  await hog.hold()
  await until('each waits after its commit', () => haveWaited(scene, COMMIT))
  await until('and for its fence', () => haveWaited(scene, FENCE))
  await hog.free()
  const all = async (): Promise<readonly (readonly number[])[]> => Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => counts(log, partition)))
  let found = await all()
  await until('each is live', () => isLive(scene))
  for (const untilMs = wallClock.monotonicMs() + 20_000; found.flat().length < deeds.length && wallClock.monotonicMs() < untilMs; found = await all()) await wallClock.sleep(20)
  assert.deepEqual(found, Array.from({ length: PARTITIONS }, () => Array.from({ length: DEEDS }, (_, at) => at + 1)))
}))

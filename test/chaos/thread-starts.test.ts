// Worker threads that do not start, or end as they start: replaced for as long as that may help, and nothing of one that is over goes on.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { systemClock } from '../../adapters/node/clock.ts'
import type { Look } from '../../adapters/node/look.ts'
import { embeddedThreadLogs } from '../../adapters/node/threads/thread-log.ts'
import { Threads } from '../../adapters/node/threads/threads.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import { planSystem, topicSpecs } from '../../system/partition/topology.ts'
import type { RpcResult } from '../../system/ports/rpc.ts'
import type { Telemetry } from '../../system/ports/telemetry.ts'
import { ledger } from '../support/crash/system.ts'
import { outsideOf } from '../support/crash/unready-thread.ts'
import type { Start, UnreadyThreads } from '../support/crash/unready-thread.ts'

const PARTITIONS = 20
/** No partition has changed for so long: none is on its way. */
const SETTLED_MS = 1000
/** Less than six starts in turn take that come to nothing, with the pauses between them. */
const AGREED_MS_MAX = 4000

interface Opened {
  readonly threads: Threads
  /** What the starts leave. */
  readonly counter: string
  readonly errors: string[]
  readonly warnings: string[]
  readonly changedMs: () => number
  readonly close: () => Promise<void>
}

async function opened(t: TestContext, count: number, plan: readonly Start[]): Promise<Opened> {
  const parent = mkdtempSync(join(tmpdir(), 'statelog-threads-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, 'data')
  const counter = join(parent, 'start')
  const [errors, warnings] = [[] as string[], [] as string[]]
  let changedMs = 0
  const telemetry: Telemetry = {
    partition: () => (changedMs = performance.now()), batch: () => {}, probe: () => {},
    log: (level, message) => void (level === 'error' ? errors : warnings).push(message),
  }
  const argument: UnreadyThreads = { partitions: PARTITIONS, plan, counter }
  const loader = { module: new URL('../support/crash/unready-thread.ts', import.meta.url).href, argument }
  const log = await openSqliteLog({ folder, mode: 'runtime', clock: systemClock })
  const plans = planSystem(ledger(PARTITIONS, new Set()))
  await log.ensureTopics(topicSpecs(plans))
  const threads = new Threads({ logs: embeddedThreadLogs(log, folder), plans, loader, count, clock: systemClock, telemetry, settings: { commitWaitMs: 0 }, hurry: undefined })
  const close = async (): Promise<void> => {
    await threads.stop()
    await log.close()
  }
  return { threads, counter, errors, warnings, changedMs: () => changedMs, close }
}

async function until(threads: Threads, isSo: (look: Look) => boolean): Promise<Look> {
  for (;;) {
    const look = await threads.look()
    if (isSo(look)) return look
    await systemClock.sleep(20)
  }
}

const isLive = ({ partitions }: Look): boolean => partitions.every(({ state }) => state === 'live')

/** Who joins first has all of them for a while: until the other has its share. */
const settled = ({ threads, changedMs }: Opened): Promise<Look> => until(threads, (look) => isLive(look) && performance.now() - changedMs() >= SETTLED_MS)

test('a thread that is over does not start any more, whatever it still said: another one has its partitions', { timeout: 60_000 }, async (t) => {
  const run = await opened(t, 2, ['well', 'well', 'tells both'])
  const { threads, errors } = run
  await threads.start()
  await settled(run)
  assert.equal(threads.terminate(1), true)
  await until(threads, () => errors.some((error) => error.includes('it says so')))
  await until(threads, isLive)
  await run.close()
})

test('a replacement that hangs, fails or exits as it starts is replaced, and the last one has the partitions', { timeout: 120_000 }, async (t) => {
  const run = await opened(t, 2, ['well', 'well', 'hangs', 'throws', 'exits'])
  const { threads, errors } = run
  await threads.start()
  await settled(run)
  assert.equal(threads.terminate(1), true)
  const settledMs = run.changedMs()
  // What the dead one had waits for its heir, which hangs; those of the other stay.
  while (errors.length < 2) await systemClock.sleep(20)
  const amidMs = run.changedMs()
  const { failure } = await until(threads, (look) => errors.length >= 4 && isLive(look))
  await run.close()
  assert.deepEqual([amidMs, failure], [settledMs, undefined], errors.join('\n'))
  assert.equal(errors.length, 4, errors.join('\n'))
  for (const [at, why] of [/ended with code/, /did not start within \d+ s/, /this start fails/, /ended with code 3/].entries()) assert.match(errors[at] ?? '', why)
})

test('T3, T5: what is away is waited for, and said once; ten starts in turn that fail for reasons of their own end the system', { timeout: 120_000 }, async (t) => {
  const run = await opened(t, 2, ['well', 'well', ...Array.from({ length: 6 }, (): Start => 'away'), ...Array.from({ length: 10 }, (): Start => 'throws')])
  const { threads, errors, warnings } = run
  await threads.start()
  await settled(run)
  threads.terminate(1)
  await until(threads, () => warnings.length > 0)
  const isAbsent = ({ state }: Look['partitions'][number]): boolean => state === 'absent'
  const call = (): Promise<readonly RpcResult[]> => Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => threads.rpc.call({ group: 'ledger.account', partition }, new Uint8Array(), 2000)))
  // One that was about to move as the thread died is absent once the other thread has let go of it.
  let [called, absent] = [[] as readonly RpcResult[], [] as Look['partitions']]
  for (const untilMs = performance.now() + AGREED_MS_MAX; performance.now() < untilMs && (called.length !== absent.length || absent.length === 0);) {
    await systemClock.sleep(20)
    called = (await call()).filter(({ kind }) => kind === 'no-server')
    absent = (await threads.look()).partitions.filter(isAbsent)
  }
  const { failure } = await until(threads, (look) => look.failure !== undefined)
  await run.close()
  const reason = 'worker thread 2 is not up: kafka/unreachable: no broker answers'
  assert.deepEqual([...new Set(absent.map((one) => one.reason))], [reason])
  assert.ok(absent.length > 0)
  assert.deepEqual(called, absent.map(() => ({ kind: 'no-server', reason })))
  assert.deepEqual(warnings, ['worker thread 2 does not start, and is tried until it does: kafka/unreachable: no broker answers'])
  assert.equal(failure, 'worker thread 2 did not start 10 times in turn; the last: this start fails', errors.join('\n'))
  assert.equal(errors.length, 11, errors.join('\n'))
})

test('T4: one that is at work already is not ended for starting slowly', { timeout: 60_000 }, async (t) => {
  const run = await opened(t, 1, ['well', 'tells late'])
  await run.threads.start()
  await settled(run)
  run.threads.terminate(0)
  await until(run.threads, isLive)
  await run.close()
  assert.equal(run.errors.length, 1, run.errors.join('\n'))
})

test('T2: one that stands still at work, before it has said that it has started, is found, also of the first', { timeout: 60_000 }, async (t) => {
  const run = await opened(t, 1, ['blocks untold', 'blocks untold'])
  await run.threads.start()
  const { failure } = await until(run.threads, isLive)
  await run.close()
  assert.equal(failure, undefined)
  assert.equal(run.errors.length, 2, run.errors.join('\n'))
  for (const message of run.errors) assert.match(message, /stood still/)
})

test('T6: the heir of a thread that does not exit at once starts after it', { timeout: 60_000 }, async (t) => {
  const run = await opened(t, 1, ['blocks outside', 'well after outside'])
  await run.threads.start()
  await until(run.threads, (look) => run.errors.length > 0 && isLive(look))
  await run.close()
  assert.equal(run.errors.length, 1, run.errors.join('\n'))
})

test('T6: one that hangs outside of JavaScript is waited for no longer than its time', { timeout: 60_000 }, async (t) => {
  const run = await opened(t, 1, ['blocks outside long'])
  await run.threads.start()
  await until(run.threads, (look) => run.errors.length > 0 && isLive(look))
  assert.equal(existsSync(outsideOf(run.counter)), false)
  await run.close()
})

test('a system of which one first thread fails stops, whatever another does', { timeout: 60_000 }, async (t) => {
  const run = await opened(t, 2, ['blocks', 'throws'])
  await assert.rejects(run.threads.start(), /worker thread \d did not start: this start fails/)
  // Until the other has blocked.
  await systemClock.sleep(1000)
  await run.close()
})

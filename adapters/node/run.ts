// Run: feeds a scenario into an embedded system until everything is consumed, or until it is told to stop, or cannot go on.
//
// Owns: the pace between feed and consumers, and the decision that a run is over. The caller drains, sums up and closes.
import type { Clock } from '../../system/ports/clock.ts'
import type { ScenarioRun } from '../../system/authoring/scenario.ts'
import { keepCompiled } from './compiled.ts'
import { completionOf, failureOf } from './completion.ts'
import type { Embedded } from './embedded.ts'
import type { Feeder } from './feeder.ts'
import type { Look } from './look.ts'
import type { Tempo } from './tempo.ts'

export type RunEnd =
  | { readonly kind: 'consumed'; readonly fed: 'ended' | 'stopped'; readonly note: string | undefined }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly reason: string }

export interface RunPlan {
  readonly embedded: Embedded
  readonly clock: Clock
  /** Undefined: the system lives on what others append, until it is told to stop. */
  readonly feed: { readonly scenario: ScenarioRun; readonly feeder: Feeder; readonly tempo: Tempo } | undefined
  /** Wall time after which feeding (or, without a feed, the run) stops, ms. */
  readonly durationMs: number | undefined
  /** Asks for an orderly end. */
  readonly stop: AbortSignal
  readonly onLook: (look: Look) => void
  /** How often `onLook` is called, ms. */
  readonly lookEveryMs: number
}

/** The feed waits when the consumers are further behind, records. */
export const LAG_MAX = 20_000
/** Events fed between two looks at the lag. */
const ROOM_EVENTS = 2000
const SETTLE_MS = 40
/** A watermark that stands still for so long while nothing else happens will not move, ms. */
const SHORT_MS_MAX = 10_000

export async function run(plan: RunPlan): Promise<RunEnd> {
  const { embedded, clock, durationMs, stop } = plan
  await embedded.start()
  keepCompiled()
  const over = new AbortController()
  const failed = new AbortController()
  const ended = AbortSignal.any([over.signal, stop, failed.signal])
  const late = new AbortController()
  if (durationMs !== undefined) void clock.sleep(durationMs, over.signal).then(() => late.abort())
  let reason = ''
  const fail = (why: string): void => {
    reason = why
    failed.abort()
  }
  const watching = watch(plan, over.signal, fail).catch((thrown: unknown) => fail(String(thrown)))
  try {
    const end = plan.feed === undefined ? await live(clock, ended, late.signal) : await feedAll(plan, plan.feed, ended, late.signal)
    if (failed.signal.aborted) return { kind: 'failed', reason }
    return stop.aborted ? { kind: 'interrupted' } : end
  } finally {
    over.abort()
    await watching
  }
}

async function live(clock: Clock, ended: AbortSignal, late: AbortSignal): Promise<RunEnd> {
  const until = AbortSignal.any([ended, late])
  while (!until.aborted) await clock.sleep(60_000, until)
  return { kind: 'consumed', fed: 'stopped', note: undefined }
}

async function feedAll(plan: RunPlan, { scenario, feeder, tempo }: NonNullable<RunPlan['feed']>, ended: AbortSignal, late: AbortSignal): Promise<RunEnd> {
  const { embedded, clock } = plan
  let unseen = 0
  const room = async (events: number): Promise<void> => {
    unseen += events
    if (unseen < ROOM_EVENTS) return
    unseen = 0
    while (!ended.aborted && (await embedded.look()).lag > LAG_MAX) await clock.sleep(10, ended)
  }
  const fed = await feeder.feed(scenario.feed(), { tempo, stop: AbortSignal.any([ended, late]), room })
  return waitUntilConsumed(plan, feeder.promisedMs, fed, ended)
}

async function waitUntilConsumed({ embedded, clock }: RunPlan, promisedMs: number | undefined, fed: 'ended' | 'stopped', ended: AbortSignal): Promise<RunEnd> {
  let before: Look | undefined
  let shortSinceMs: number | undefined
  while (!ended.aborted) {
    const now = await embedded.look()
    const completion = completionOf(before, now, promisedMs)
    if (completion.kind === 'consumed') return { kind: 'consumed', fed, note: undefined }
    if (completion.kind === 'failed') return completion
    if (completion.kind === 'busy') shortSinceMs = undefined
    else {
      shortSinceMs ??= clock.monotonicMs()
      if (clock.monotonicMs() - shortSinceMs > SHORT_MS_MAX) return { kind: 'consumed', fed, note: `event time stands still: ${completion.waitingFor.slice(0, 3).join('; ')}` }
    }
    before = now
    await clock.sleep(SETTLE_MS, ended)
  }
  return { kind: 'interrupted' }
}

async function watch({ embedded, clock, onLook, lookEveryMs }: RunPlan, over: AbortSignal, fail: (reason: string) => void): Promise<void> {
  while (!over.aborted) {
    const look = await embedded.look()
    const reason = failureOf(look)
    if (reason !== undefined) return fail(reason)
    onLook(look)
    await clock.sleep(lookEveryMs, over)
  }
}

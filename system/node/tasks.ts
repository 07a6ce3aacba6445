// Tasks: side effects, run after the commit that asked for them, at least once. The result comes back through the inbox.
//
// Owns: what runs here now. That a task must run is durable in its entity: after a crash its lease ends and it is started again.
//
// G1. A task is started only after its commit; a key that runs here already is not started twice.
// G2. Whatever a task returns or throws, however hostile, becomes a result that the log takes: nothing of it reaches the process.
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { AppendOutcome, Log } from '../ports/log.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { TaskStart } from '../partition/batch.ts'
import { encodeEnvelope } from '../partition/envelope.ts'
import type { TypePlan } from '../partition/topology.ts'

/** Tasks running at one time on a node; the rest waits for its lease to end and is started then. */
const RUNNING_MAX = 1000

export class TaskRunner {
  readonly #log: Log
  readonly #codec: Codec
  readonly #clock: Clock
  readonly #telemetry: Telemetry
  readonly #running = new Set<string>()
  readonly #stop = new AbortController()

  constructor(log: Log, codec: Codec, clock: Clock, telemetry: Telemetry) {
    this.#log = log
    this.#codec = codec
    this.#clock = clock
    this.#telemetry = telemetry
  }

  start(plan: TypePlan, starts: readonly TaskStart[]): void {
    for (const start of starts) {
      if (this.#stop.signal.aborted || this.#running.has(start.key)) continue
      if (this.#running.size >= RUNNING_MAX) {
        this.#telemetry.log('warn', `${RUNNING_MAX} tasks run already; '${start.key}' is started when its lease ends`)
        continue
      }
      this.#running.add(start.key)
      this.#run(plan, start)
        .catch((thrown: unknown) => this.#telemetry.log('warn', `the result of task '${start.key}' was not taken: ${describe(thrown).message}; it runs again when its lease ends`))
        .finally(() => this.#running.delete(start.key))
    }
  }

  stop(): void {
    this.#stop.abort()
  }

  async #run(plan: TypePlan, start: TaskStart): Promise<void> {
    const key = utf8Encode(start.entity)
    const partition = partitionOf(key, plan.partitions)
    this.#telemetry.probe('before-task', plan.group, partition)
    const result = await plan.definition.machine.runTask(start.src, start.input, this.#stop.signal, start.key).then(
      (value) => ({ ok: true, value }),
      (thrown: unknown) => ({ ok: false, value: describe(thrown) }),
    )
    if (this.#stop.signal.aborted) return
    this.#telemetry.probe('after-task', plan.group, partition)
    const append = (value: Uint8Array): Promise<AppendOutcome> => this.#log.append([{ topic: plan.inbox, partition, key, value, headers: [], timestampMs: this.#clock.nowMs() }])
    let outcome = await append(this.#encode(start, result))
    // It may be too large for the log, which would have it run without end; where it stands in the log after all, the second is dropped as stale.
    if (outcome.kind === 'failed' && result.ok) outcome = await append(this.#encode(start, { ok: false, value: { name: 'ResultRefused', message: `the log refuses the task's result: ${outcome.reason}` } }))
    if (outcome.kind !== 'done') this.#telemetry.log('warn', `the result of task '${start.key}' was not taken: ${outcome.reason}; it runs again when its lease ends`)
  }

  #encode(start: TaskStart, result: { readonly ok: boolean; readonly value: unknown }): Uint8Array {
    const envelope = { kind: 'task' as const, task: start.task, key: start.key, timeMs: this.#clock.nowMs() }
    try {
      return encodeEnvelope(this.#codec, { ...envelope, ...result })
    } catch (thrown) {
      return encodeEnvelope(this.#codec, { ...envelope, ok: false, value: { name: 'NotPlainData', message: `the task's result cannot be stored: ${describe(thrown).message}` } })
    }
  }
}

/** What was thrown, as texts; a thrown value may be anything, also one that throws when it is looked at. */
function describe(thrown: unknown): { readonly name: string; readonly message: string } {
  try {
    return thrown instanceof Error ? { name: String(thrown.name), message: String(thrown.message) } : { name: 'Thrown', message: String(thrown) }
  } catch {
    return { name: 'Thrown', message: `${typeof thrown === 'object' ? 'an object' : `a ${typeof thrown}`} that cannot be made text` }
  }
}

// Run telemetry: what a run tells about itself, counted. Bounded: notices beyond the bound are counted, not kept.
import type { BatchEvent, PartitionEvent, Probe, Telemetry } from '../../system/ports/telemetry.ts'
import { Histogram } from './histogram.ts'

export interface Notice {
  readonly level: 'warn' | 'error'
  readonly message: string
}

const NOTICES_MAX = 100

export class RunTelemetry implements Telemetry {
  readonly commitMs = new Histogram()
  readonly deadLetters = new Map<string, number>()
  readonly drops = new Map<string, number>()
  readonly #onNotice: (notice: Notice) => void
  readonly #onProbe: ((point: Probe, group: string, partition: number) => void) | undefined
  inputs = 0
  outputs = 0
  decisions = 0
  notices = 0

  constructor(onNotice: (notice: Notice) => void, onProbe?: (point: Probe, group: string, partition: number) => void) {
    this.#onNotice = onNotice
    this.#onProbe = onProbe
  }

  partition({ group, partition, state, reason }: PartitionEvent): void {
    // Fenced, failed and moved end the run with their reason; a wait heals by itself and only deserves a word.
    if (state === 'waiting' && reason !== undefined) this.#notice({ level: 'warn', message: `${group}/${partition} waits: ${reason}` })
  }

  batch(event: BatchEvent): void {
    this.inputs += event.inputs
    this.outputs += event.outputs
    this.decisions += event.decisions
    this.commitMs.add(event.commitMs)
    for (const [failureClass, count] of event.deadLetters) add(this.deadLetters, failureClass, count)
    for (const [reason, count] of event.drops) add(this.drops, reason, count)
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void {
    if (level === 'warn' || level === 'error') this.#notice({ level, message })
  }

  probe(point: Probe, group: string, partition: number): void {
    this.#onProbe?.(point, group, partition)
  }

  #notice(notice: Notice): void {
    this.notices += 1
    if (this.notices <= NOTICES_MAX) this.#onNotice(notice)
  }
}

export function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}

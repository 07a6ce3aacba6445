// Port: what the runtime tells about itself. Never affects what it does.

/** Moments at which a test may kill, stop or delay the process. Order of a batch's life. */
export type Probe =
  | 'assigned' | 'fenced' | 'recovering' | 'lease-committed' | 'folding'
  | 'after-poll' | 'after-decode' | 'after-load' | 'after-step' | 'before-commit'
  | 'mid-commit' | 'after-commit' | 'before-cache' | 'during-cache' | 'after-cache' | 'before-task' | 'after-task'
  | 'draining' | 'drain-states' | 'before-release' | 'after-release'

export interface PartitionEvent {
  readonly group: string
  readonly partition: number
  /** State of the partition's life statechart. */
  readonly state: string
  readonly reason?: string
}

export interface BatchEvent {
  readonly group: string
  readonly partition: number
  readonly seq: number
  readonly inputs: number
  readonly outputs: number
  readonly deadLetters: ReadonlyMap<string, number>
  readonly drops: ReadonlyMap<string, number>
  readonly decisions: number
  /** Milliseconds from the send of the commit to its outcome, and from poll to outcome. */
  readonly commitMs: number
  readonly cycleMs: number
  /** Records behind the end of the inputs, where known. */
  readonly lag: number
}

export interface Telemetry {
  partition(event: PartitionEvent): void
  batch(event: BatchEvent): void
  /** A `log` effect, or a notice of the runtime. Bounded by the receiver. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, detail?: unknown): void
  probe(point: Probe, group: string, partition: number): void
}

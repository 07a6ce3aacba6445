// What one runtime is asked to run.

export interface Job {
  readonly files: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** All files in one process; else each has its own. */
  readonly isTogether: boolean
  /** After this long the run is ended. */
  readonly deadlineMs: number
}

// Diary: what was done to a run and when, in a file beside its data, and the counts of it.
import { appendFileSync } from 'node:fs'
import type { Progress } from '../support/chaos/progress.ts'
import type { RecoveryKind } from './table.ts'

/** Longer, and a recovery counts as unfinished. */
const RECOVERY_MS_MAX = 60_000

export class Diary {
  readonly #file: string
  readonly #progress: Progress
  readonly #startMs = performance.now()
  readonly kills: Record<string, number> = {}
  readonly zombies: Record<string, number> = {}
  readonly redisFaults: Record<string, number> = {}
  readonly recoveriesMs: Record<RecoveryKind, number[]> = { kill: [], zombie: [], broker: [] }
  brokerKills = 0
  unfinished = 0

  constructor(file: string, progress: Progress) {
    this.#file = file
    this.#progress = progress
  }

  note(what: string): void {
    appendFileSync(this.#file, `${((performance.now() - this.#startMs) / 1000).toFixed(2).padStart(8)} ${what}\n`)
  }

  get killed(): number {
    return Object.values(this.kills).reduce((sum, count) => sum + count, 0)
  }

  count(counts: Record<string, number>, name: string): void {
    counts[name] = (counts[name] ?? 0) + 1
  }

  /** From now until every partition has committed again. */
  async recovery(kind: RecoveryKind): Promise<void> {
    const ms = await this.#progress.allAgain(RECOVERY_MS_MAX)
    if (ms === undefined) this.unfinished += 1
    else this.recoveriesMs[kind].push(ms)
    this.note(`after the ${kind}: every partition has committed again ${ms === undefined ? `not within ${RECOVERY_MS_MAX}` : `after ${ms}`} ms`)
  }
}

// Sweeper: removes what newer records of the same key have replaced in compacted topics.
//
// Owns: how far each topic partition has been swept. Runs inside the writer's transactions, a little in each.
//
// A replaced record is not deleted when it is replaced: it stands anywhere in the table, and each would cost a page of its own to be written.
// Rows are swept in their order instead, page by page, round and round.
//
// S1. For each replaced record two rows are looked at, so that a round ends before more is replaced than there are rows: what is dead is at
//     most as much as what lives, and the table at most twice as large as it must be.
// S2. The newest record of a key stays, tombstones too.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { recordsTable } from './file.ts'

const ROWS_PER_REPLACED = 2

interface Sweep {
  readonly next: StatementSync
  readonly remove: StatementSync
  /** Next row to look at; undefined: not known yet. */
  at: number | undefined
  replaced: number
}

export class Sweeper {
  readonly #db: DatabaseSync
  readonly #random: () => number
  readonly #sweeps = new Map<number, Sweep>()

  /** `random`, in [0, 1), says where the first round begins: processes that end soon would otherwise all sweep the same rows. */
  constructor(db: DatabaseSync, random: () => number = Math.random) {
    this.#db = db
    this.#random = random
  }

  /** A record of a topic partition has replaced another. */
  replaced(tp: number): void {
    this.#sweep(tp).replaced += 1
  }

  /** Inside a transaction. `endOf`: the offset after the last record of a topic partition. */
  run(endOf: (tp: number) => number): void {
    for (const [tp, sweep] of this.#sweeps) {
      if (sweep.replaced === 0) continue
      const rows = sweep.replaced * ROWS_PER_REPLACED
      sweep.replaced = 0
      sweep.at ??= Math.floor(this.#random() * endOf(tp))
      const left = rows - this.#pass(sweep, sweep.at, rows)
      if (left > 0) this.#pass(sweep, 0, left)
    }
  }

  /** Answers how many rows it looked at: fewer than asked for at the table's end. */
  #pass(sweep: Sweep, from: number, rows: number): number {
    const next = sweep.next.get(from, rows)
    const last = Number(next?.['last'] ?? from)
    sweep.remove.run(from, last)
    sweep.at = last + 1
    return Number(next?.['rows'])
  }

  #sweep(tp: number): Sweep {
    const known = this.#sweeps.get(tp)
    if (known !== undefined) return known
    const table = recordsTable(tp)
    const sweep: Sweep = {
      next: this.#db.prepare(`SELECT max(offset) AS last, count(*) AS rows FROM (SELECT offset FROM ${table} WHERE offset >= ? ORDER BY offset LIMIT ?)`),
      remove: this.#db.prepare(`DELETE FROM ${table} AS r WHERE offset BETWEEN ? AND ? AND offset <> (SELECT n.offset FROM newest n WHERE n.tp = ${tp} AND n.key = r.key)`),
      at: undefined,
      replaced: 0,
    }
    this.#sweeps.set(tp, sweep)
    return sweep
  }
}

// Flow document: what a system does, type by type, as plain JSON: what watchers are given, first whole and then as merge patches.
//
// F1. Occupancy is committed state as each owner told it last. A partition that does not answer says so by its state; what is told of it beside that stands at its epoch and seq.
// F2. Counts are of the time since somebody began to look here, and never go back: whoever reads them makes rates of them.

export interface PartitionRow {
  /** Of its life at its owner; 'absent' where nobody has it, 'silent' where its owner does not answer; 'at rest' or 'elsewhere' where its log alone is read. */
  readonly state: string
  readonly reason: string
  /** The rest is of the last answer of an owner that was live, or of the log. */
  readonly owner?: string
  readonly epoch?: number
  readonly seq?: number
  readonly lag?: { readonly sources: number; readonly inbox: number }
  readonly entities?: number
  readonly parked?: number
  /** Missing: none, or none yet. */
  readonly watermarkMs?: number
  /** Of the newest commits. */
  readonly commitMs?: { readonly p50: number; readonly p99: number }
  readonly inputs: number
  readonly deadLetters: number
}

export interface TypeFlow {
  readonly entities: number
  readonly parked: number
  /** By configuration; beyond FLOW_LABELS_MAX under '...'. */
  readonly occupancy: Readonly<Record<string, number>>
  /** By transition id. */
  readonly taken: Readonly<Record<string, number>>
  /** Dead letters by class, and by the configuration of their entity; '' where there was none. */
  readonly refused: Readonly<Record<string, number>>
  readonly refusedIn: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly inputs: number
  readonly outputs: number
  readonly deadLetters: number
  readonly drops: number
  readonly decisions: number
  /** By transition id: from the time of the record that began a turn to its commit, ms; a mean over some of the newest. */
  readonly latencyMs: Readonly<Record<string, number>>
  /** By index. */
  readonly partitions: Readonly<Record<string, PartitionRow>>
}

export interface FlowDocument {
  /** When something last changed, ms since the epoch. */
  readonly at: number
  readonly system: string
  readonly types: Readonly<Record<string, TypeFlow>>
}

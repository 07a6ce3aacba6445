// Port: model artifacts and their scoring. Artifacts are immutable and named by content hash.
//
// M1. `score` of one artifact and one vector gives the same bits on every runtime for deterministic kinds.
// M2. Nothing here is called while a journal is replayed: decisions are recorded.

/** A score, or why there is none. */
export type Score = { readonly kind: 'score'; readonly score: number } | { readonly kind: 'none'; readonly reason: string }

export interface LoadedModel {
  readonly name: string
  readonly version: number
  /** sha256 hex of the artifact's bytes. */
  readonly hash: string
  /** Scores many vectors in one call; a promise when the scoring runs elsewhere. */
  score(vectors: readonly (readonly number[])[]): readonly Score[] | Promise<readonly Score[]>
}

export interface ModelStore {
  /** The artifact's bytes by hash, undefined when there is none. */
  load(hash: string): Promise<Uint8Array | undefined>
  save(hash: string, bytes: Uint8Array): Promise<void>
}

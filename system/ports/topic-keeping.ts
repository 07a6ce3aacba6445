// Port: how topics are kept, where the medium has a say in it (a cluster).

export interface TopicKeeping {
  readonly topic: string
  readonly cleanup: ReadonlySet<'delete' | 'compact'>
  /** Records older than this may be removed, ms. Infinity: never. */
  readonly retentionMs: number
  /** Of a partition; its oldest records beyond may be removed. Infinity: never. */
  readonly retentionBytes: number
  /** Copies of each partition. */
  readonly replicas: number
  /** Copies that a write waits for at least. */
  readonly insyncMin: number
  /** A copy that lacks confirmed records may become the one that counts. */
  readonly isUnclean: boolean
}

export interface Keeping {
  readonly brokers: number
  /** Topics that do not exist, and those whose settings may not be seen, are absent. */
  readonly topics: readonly TopicKeeping[]
}

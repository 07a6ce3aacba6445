// Names on the cluster. A namespace goes before the names of topics, groups and transactional ids: apps and tests that share a cluster keep apart.

export class Names {
  readonly #prefix: string

  /** '' for none. */
  constructor(namespace: string) {
    this.#prefix = namespace
  }

  /** A topic or group as the cluster calls it. */
  of(name: string): string {
    return this.#prefix + name
  }

  /** The other way; undefined for what is not of this namespace. */
  shown(onCluster: string): string | undefined {
    return onCluster.startsWith(this.#prefix) ? onCluster.slice(this.#prefix.length) : undefined
  }

  /** One for each partition of a group `<app>.<type>`: whoever holds it holds the partition. */
  transactionalId(group: string, partition: number): string {
    return `${this.#prefix}${group.replace('.', '/')}/${partition}`
  }
}

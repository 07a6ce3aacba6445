// A log on which reading stops early, as at a leader that has just taken over and does not know yet how much of what it has is committed.
import type { MemoryLog } from '../../../adapters/memory/log.ts'

export interface Shown {
  readonly topic: string
  /** Offset behind the last record that is shown. */
  end: number
}

/** The same log, of which so much is shown. */
export function showing(log: MemoryLog, shown: Shown): MemoryLog {
  return new Proxy(log, {
    get: (target, name) => {
      if (name === 'read') {
        return (...[topic, partition, from, to, options]: Parameters<MemoryLog['read']>) => target.read(topic, partition, from, topic === shown.topic ? Math.min(to, shown.end) : to, options)
      }
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

/** The same log, where these topics end earlier, partition by partition: also as it tells itself. */
export function ending(log: MemoryLog, ends: Readonly<Record<string, readonly number[]>>): MemoryLog {
  const endOf = (topic: string, partition: number, end: number): number => (ends[topic] === undefined ? end : Math.min(end, ends[topic][partition] ?? 0))
  return new Proxy(log, {
    get: (target, name) => {
      if (name === 'read') return (...[topic, partition, from, to, options]: Parameters<MemoryLog['read']>) => target.read(topic, partition, from, endOf(topic, partition, to), options)
      if (name === 'offsetsAt') return async (...[topic, partition, at]: Parameters<MemoryLog['offsetsAt']>) => (at === 'latest' ? endOf(topic, partition, await target.offsetsAt(topic, partition, at)) : target.offsetsAt(topic, partition, at))
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

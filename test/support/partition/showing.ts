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

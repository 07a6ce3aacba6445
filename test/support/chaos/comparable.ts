// Comparable outputs: per entity what it wrote, type and payload, without what a feedback event caused.
import type { LogDump } from './dump.ts'

const FEEDBACK = new Set(['bonused'])

const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array(0))

/** `<topic> <entity>` -> its outputs in order. */
export function comparableOutputs(dump: LogDump, topics: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const outputs = new Map<string, string[]>()
  for (const topic of topics) {
    for (const record of (dump.topics.get(topic) ?? []).flat()) {
      const type = text(record.headers.find(([name]) => name === 'ce_type')?.[1])
      if (FEEDBACK.has(type)) continue
      const name = `${topic} ${text(record.key)}`
      const list = outputs.get(name) ?? []
      outputs.set(name, list)
      list.push(`${type} ${text(record.value)}`)
    }
  }
  return new Map([...outputs].sort(([a], [b]) => (a < b ? -1 : 1)))
}

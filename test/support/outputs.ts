// Outputs: what a run has given out, for comparing two runs.
import { wallClock } from '../../adapters/memory/clock.ts'
import { outputReader } from '../../adapters/node/outputs.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'

/** `<topic>/<key>` -> the events, in order. */
export async function outputsOf(folder: string, topics: readonly string[]): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const log = await openSqliteLog({ folder, mode: 'client', clock: wallClock })
  const found = new Map<string, unknown[]>()
  for (const topic of topics) {
    for await (const { key, event } of outputReader(log).outputs(topic)) {
      const others = found.get(`${topic}/${key}`)
      if (others === undefined) found.set(`${topic}/${key}`, [event])
      else others.push(event)
    }
  }
  await log.close()
  return found
}

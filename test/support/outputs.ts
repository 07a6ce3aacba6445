// Comparable outputs: what a run has given out, per entity, for comparing two runs, wherever their logs stand.
import { wallClock } from '../../adapters/memory/clock.ts'
import { mediumOf, readManifest } from '../../adapters/node/manifest.ts'
import { EMBEDDED, openBeside } from '../../adapters/node/medium.ts'
import { recordsOf } from '../../adapters/node/outputs.ts'

const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array(0))

/** `<topic>/<key>` -> `<type> <payload>` of its outputs, in order. The run is that of a data folder. */
export async function outputsOf(folder: string, topics: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const manifest = readManifest(folder)
  const log = await openBeside(manifest === undefined ? EMBEDDED : mediumOf(manifest), folder, wallClock)
  try {
    const found = new Map<string, string[]>()
    for (const topic of topics) {
      for await (const { record } of recordsOf(log, topic)) {
        const name = `${topic}/${text(record.key)}`
        const type = text(record.headers.find(([header]) => header === 'ce_type')?.[1])
        const outputs = found.get(name) ?? []
        found.set(name, outputs)
        outputs.push(`${type} ${text(record.value)}`)
      }
    }
    return found
  } finally {
    await log.close()
  }
}

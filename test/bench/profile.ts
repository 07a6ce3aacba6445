// Reads CPU profiles: which functions take the time, thread by thread.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export interface Cost {
  /** Function and file. */
  readonly place: string
  readonly ms: number
}

export interface ThreadCosts {
  readonly busyMs: number
  /** Own time, largest first. */
  readonly costs: readonly Cost[]
}

/** The profiles that `--cpu-prof-dir` left in a folder, the busiest thread first. */
export function readProfiles(folder: string, root: string): readonly ThreadCosts[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))
  const threads = files.map((name) => costsOf(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile, root))
  return threads.sort((a, b) => b.busyMs - a.busyMs)
}

function costsOf({ nodes, samples, timeDeltas }: Profile, root: string): ThreadCosts {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame, root)]))
  const totals = new Map<string, number>()
  samples.forEach((id, at) => {
    const place = places.get(id) ?? ''
    totals.set(place, (totals.get(place) ?? 0) + (timeDeltas[at] ?? 0) / 1000)
  })
  for (const idle of ['(idle)', '(program)']) totals.delete(idle)
  const costs = [...totals].map(([place, ms]) => ({ place, ms })).sort((a, b) => b.ms - a.ms)
  return { busyMs: costs.reduce((sum, { ms }) => sum + ms, 0), costs }
}

function placeOf({ functionName, url, lineNumber }: ProfileNode['callFrame'], root: string): string {
  if (url === '') return functionName
  const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url
  return `${functionName === '' ? '(anonymous)' : functionName} ${file}:${lineNumber + 1}`
}

// Reads CPU profiles: which functions take the time, thread by thread.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

interface ProfileNode {
  readonly id: number
  readonly children?: readonly number[]
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
  const threads = profilesIn(folder).map((profile) => costsOf(profile, root))
  return threads.sort((a, b) => b.busyMs - a.busyMs)
}

/** Of the busiest thread's time: how much had a function of these files on its stack, percent. `files` fits a path from the root. */
export function shareOf(folder: string, root: string, files: RegExp): number {
  const shares = profilesIn(folder).map(({ nodes, samples, timeDeltas }) => {
    const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
    const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame, root)]))
    const isOf = (id: number | undefined): boolean => id !== undefined && (files.test(places.get(id) ?? '') || isOf(parents.get(id)))
    let [busyMs, ofFilesMs] = [0, 0]
    samples.forEach((id, at) => {
      if (IDLE.includes(places.get(id) ?? '')) return
      busyMs += timeDeltas[at] ?? 0
      if (isOf(id)) ofFilesMs += timeDeltas[at] ?? 0
    })
    return { busyMs, percent: (100 * ofFilesMs) / busyMs }
  })
  return shares.sort((a, b) => b.busyMs - a.busyMs)[0]?.percent ?? NaN
}

const IDLE = ['(idle)', '(program)']

function profilesIn(folder: string): readonly Profile[] {
  return readdirSync(folder).filter((name) => name.endsWith('.cpuprofile')).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile)
}

function costsOf({ nodes, samples, timeDeltas }: Profile, root: string): ThreadCosts {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame, root)]))
  const totals = new Map<string, number>()
  samples.forEach((id, at) => {
    const place = places.get(id) ?? ''
    totals.set(place, (totals.get(place) ?? 0) + (timeDeltas[at] ?? 0) / 1000)
  })
  for (const idle of IDLE) totals.delete(idle)
  const costs = [...totals].map(([place, ms]) => ({ place, ms })).sort((a, b) => b.ms - a.ms)
  return { busyMs: costs.reduce((sum, { ms }) => sum + ms, 0), costs }
}

function placeOf({ functionName, url, lineNumber }: ProfileNode['callFrame'], root: string): string {
  if (url === '') return functionName
  const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url
  return `${functionName === '' ? '(anonymous)' : functionName} ${file}:${lineNumber + 1}`
}

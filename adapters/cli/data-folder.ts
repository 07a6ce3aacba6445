// Data folder: which folder a command works on, and what `run` does with one that was used before.
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { OperationError } from '../../system/protocol/failures.ts'
import { planSystem } from '../../system/partition/topology.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import { systemClock } from '../node/clock.ts'
import { readFeedProgress } from '../node/feed-progress.ts'
import type { FeedProgress } from '../node/feed-progress.ts'
import { MANIFEST_FILE, mediumOf, readManifest } from '../node/manifest.ts'
import type { Manifest } from '../node/manifest.ts'
import { openBeside, whereOf } from '../node/medium.ts'
import type { CommittedLog } from '../node/look.ts'
import type { Medium } from '../node/medium.ts'
import { lockFolder } from '../sqlite/lock.ts'
import { systemOf } from './target.ts'

/** Where data folders are made unless another is named. */
export const DATA = 'data'
const PREVIOUS = '.previous'

export interface KnownFolder {
  readonly folder: string
  readonly manifest: Manifest
  readonly system: SystemDefinition
}

export interface OpenFolder extends KnownFolder {
  readonly plans: ReadonlyMap<string, TypePlan>
  readonly medium: Medium
  /** Reads beside whoever runs the folder. */
  readonly log: CommittedLog
}

/** What a folder says of itself; its log is not touched. Throws OperationError. */
export async function knownFolder(named: string | undefined): Promise<KnownFolder> {
  const folder = named ?? newestFolder()
  const manifest = readManifest(folder)
  if (manifest === undefined) throw new OperationError('data-folder/missing', `${shown(folder)} is no data folder of statelog (it has no ${MANIFEST_FILE}). Name one with --folder, or make one: statelog run fraud`)
  return { folder, manifest, system: await systemOf(folder, manifest) }
}

/** Works on a folder that may be running or at rest, then closes it. Throws OperationError. */
export async function withFolder<T>(named: string | undefined, work: (open: OpenFolder) => Promise<T>): Promise<T> {
  const { folder, manifest, system } = await knownFolder(named)
  const medium = mediumOf(manifest)
  const log = await openBeside(medium, folder, systemClock)
  try {
    return await work({ folder, manifest, medium, system, plans: planSystem(system), log })
  } finally {
    await log.close()
  }
}

function newestFolder(): string {
  const folders = existsSync(DATA) ? readdirSync(DATA).filter((name) => !name.endsWith(PREVIOUS)).map((name) => join(DATA, name)).filter((folder) => existsSync(join(folder, MANIFEST_FILE))) : []
  const usedMs = (folder: string): number => statSync(join(folder, MANIFEST_FILE)).mtimeMs
  const newest = folders.reduce<string | undefined>((best, folder) => (best === undefined || usedMs(folder) > usedMs(best) ? folder : best), undefined)
  if (newest !== undefined) return newest
  throw new OperationError('data-folder/missing', `there is no data folder under ./${DATA} yet. Name one with --folder, or make one: statelog run fraud`)
}

/** Throws when the folder belongs to a run elsewhere, or when what it names cannot be started over. */
export function assertMedium(folder: string, medium: Medium, isFresh: boolean): void {
  if (isFresh && medium.kind === 'kafka') throw new OperationError('data-folder/medium', 'what stands on a cluster is not started over: choose another --namespace, or delete the topics of this one')
  const manifest = readManifest(folder)
  if (manifest === undefined || isFresh) return
  const found = mediumOf(manifest)
  if (whereOf(found, folder) !== whereOf(medium, folder)) throw new OperationError('data-folder/medium', `${shown(folder)} belongs to a run ${whereOf(found, shown(folder))}. Choose another folder (--folder), or run it there.`)
}

/** What an earlier run left in the folder; undefined: nothing. */
export async function earlierRun(folder: string): Promise<{ readonly progress: FeedProgress | undefined; readonly finished: boolean } | undefined> {
  const manifest = readManifest(folder)
  if (manifest === undefined || (manifest.kafka === undefined && !existsSync(join(folder, 'log.sqlite')))) return undefined
  const log = await openBeside(mediumOf(manifest), folder, systemClock)
  try {
    return { progress: await readFeedProgress(log, manifest.system), finished: manifest.finished }
  } finally {
    await log.close()
  }
}

/** Moves the folder aside, in the place of what was moved aside before. Answers its new name. Throws when it is in use. */
export function moveAside(folder: string): string {
  const previous = `${folder.replace(/[/\\]+$/, '')}${PREVIOUS}`
  // Locked meanwhile: a running system keeps its files.
  const lock = lockFolder(folder)
  try {
    if (existsSync(previous)) {
      // Only what statelog made is removed for good.
      if (!existsSync(join(previous, MANIFEST_FILE))) throw new OperationError('data-folder/previous', `${shown(previous)} is in the way and is no data folder of statelog. Move it away, or choose another --folder.`)
      rmSync(previous, { recursive: true })
    }
    renameSync(folder, previous)
  } finally {
    lock.release()
  }
  return previous
}

/** A path as people would type it. */
export function shown(folder: string): string {
  const short = relative('.', folder)
  if (short === '') return '.'
  return short.startsWith('..') ? folder : `./${short}`
}

// The manifest of a data folder, `statelog.json`: which system wrote it, so that whoever reads the folder later loads the same one.
//
// Owns: the file's form and the answer to "does this folder belong to that system". For programs and people; nothing of it decides about data.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperationError } from '../../system/protocol/failures.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import { EMBEDDED, KAFKA_CLIENTS } from './medium.ts'
import type { KafkaMedium, Medium } from './medium.ts'

export const MANIFEST_FILE = 'statelog.json'

/** Where a system comes from, and what it was asked for. */
export interface Origin {
  /** Name of a scenario, or path of a file that exports a scenario or a system. */
  readonly target: string
  readonly flags: Readonly<Record<string, string>>
  readonly seed: number
  /** Path of the input file; null: the scenario generates its input. */
  readonly data: string | null
  readonly events: number | null
}

export interface Manifest extends Origin {
  readonly v: 1
  readonly system: string
  readonly partitions: number
  /** Version of statelog that wrote the folder last. */
  readonly statelog: string
  /** Where the log stands; absent: in the folder. */
  readonly kafka?: KafkaMedium
  /** The newest run came to its end: everything was fed and consumed. */
  readonly finished: boolean
}

export function manifestOf(origin: Origin, system: SystemDefinition, version: string, medium: Medium): Manifest {
  const { target, flags, seed, data, events } = origin
  return { v: 1, system: system.name, partitions: system.partitions, target, flags, seed, data, events, statelog: version, finished: false, ...(medium.kind === 'kafka' ? { kafka: medium } : {}) }
}

/** The folder's manifest; undefined: there is none. Throws OperationError for a file that cannot be understood. */
export function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, MANIFEST_FILE)
  if (!existsSync(file)) return undefined
  const value = parse(readFileSync(file, 'utf8'))
  if (value !== undefined && isManifest(value)) return value
  throw new OperationError('data-folder/manifest', `${file} is not a manifest that this version can read. Restore it, or start over in another folder.`)
}

/** Replaces the file as a whole: a reader sees the old one or the new one. */
export function writeManifest(folder: string, manifest: Manifest): void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, MANIFEST_FILE)
  writeFileSync(`${file}.new`, `${JSON.stringify(manifest, null, 2)}\n`)
  renameSync(`${file}.new`, file)
}

export const mediumOf = (manifest: Manifest): Medium => manifest.kafka ?? EMBEDDED

/** Remembers that the newest run came to its end. */
export function markFinished(folder: string): void {
  const manifest = readManifest(folder)
  if (manifest !== undefined) writeManifest(folder, { ...manifest, finished: true })
}

/** Throws when the folder was written for another system or partition count. */
export function assertFits(folder: string, found: Manifest | undefined, system: SystemDefinition): void {
  if (found === undefined) return
  const cure = 'Choose another folder (--folder), or start over in this one (--fresh).'
  if (found.system !== system.name) throw new OperationError('data-folder/other-system', `data folder ${folder} belongs to '${found.system}', not to '${system.name}'. ${cure}`)
  if (found.partitions !== system.partitions) {
    throw new OperationError('data-folder/partitions', `data folder ${folder} has ${found.partitions} partitions for each actor type, the system asks for ${system.partitions}. Partitions are fixed for the life of the data. ${cure}`)
  }
}

/** Every part: readers load and prepare a scenario with what stands here. */
function isManifest(value: Partial<Manifest>): value is Manifest {
  const { v, system, partitions, target, flags, seed, data, events, kafka } = value
  const isFlags = typeof flags === 'object' && flags !== null && Object.values(flags).every((flag) => typeof flag === 'string')
  const isInput = (data === null || typeof data === 'string') && (events === null || typeof events === 'number')
  const isMedium = kafka === undefined || (kafka?.kind === 'kafka' && typeof kafka.brokers === 'string' && typeof kafka.namespace === 'string' && (kafka.client === undefined || KAFKA_CLIENTS.includes(kafka.client)))
  return isMedium && v === 1 && typeof system === 'string' && typeof target === 'string' && typeof partitions === 'number' && typeof seed === 'number' && isFlags && isInput
}

function parse(text: string): Partial<Manifest> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

// The import law: who may import whom.
//
//   test -> everything · scenarios -> public entries, actors, adapters · actors -> protocol, authoring entries, xstate, zod
//   adapters/x -> system, its one vendor, words that its family shares · system core -> ports -> protocol
import { importsOf, PUBLIC_ENTRIES, type Import } from '../imports.ts'
import { findingAt, isUnder, type Finding, type Source } from '../source.ts'

const ROOTS = ['adapters/node', 'adapters/cli', 'adapters/testing']
const TYPES_OF_XSTATE = ['system/authoring', 'system/features', 'system/models']
const AUTHORING = ['system/protocol', 'system/authoring', 'system/features', 'system/models']
/** Words of adapters to one vendor's system: folder, and who may import it. */
const SHARED: Readonly<Record<string, readonly string[]>> = { 'adapters/kafka-rights': ['adapters/kafka', 'adapters/kafkajs'], 'adapters/kafka-format': ['adapters/kafka', 'adapters/kafkajs'] }
const ENTRIES = Object.values(PUBLIC_ENTRIES)

export function importLaw(source: Source): Finding[] {
  return importsOf(source).flatMap((one) => {
    const reason = refuse(source.path, one)
    return reason === undefined ? [] : [findingAt(source, one.node, `imports ${one.specifier}: ${reason}`)]
  })
}

function refuse(path: string, one: Import): string | undefined {
  if (isUnder(path, 'test')) return undefined
  if (one.target.kind === 'file' && isUnder(one.target.path, 'test')) return 'only tests import test/'
  if (isUnder(path, 'system')) return refuseInSystem(path, one)
  if (isUnder(path, 'adapters')) return refuseInAdapters(path, one)
  if (isUnder(path, 'actors')) return refuseInActors(one)
  return refuseInScenarios(one)
}

function refuseInSystem(path: string, { target, isTypeOnly }: Import): string | undefined {
  if (target.kind === 'builtin') return 'system/ does no I/O; use a port'
  if (target.kind === 'package') {
    if (target.name !== 'xstate') return 'system/ knows no vendor; use a port'
    if (!isUnder(path, ...TYPES_OF_XSTATE)) return `xstate is known to ${TYPES_OF_XSTATE.join(', ')} only`
    return isTypeOnly ? undefined : 'system/ may only `import type` from xstate'
  }
  if (!isUnder(target.path, 'system')) return 'system/ imports system/ only'
  if (isUnder(path, 'system/protocol') && !isUnder(target.path, 'system/protocol')) return 'system/protocol imports nothing else'
  if (isUnder(path, 'system/ports') && !isUnder(target.path, 'system/ports', 'system/protocol')) return 'system/ports imports ports and protocol only'
  return undefined
}

function refuseInAdapters(path: string, { target }: Import): string | undefined {
  if (target.kind !== 'file') return undefined
  const isRoot = isUnder(path, ...ROOTS)
  if (isUnder(target.path, 'system') || target.path === 'package.json') return undefined
  if (isUnder(target.path, 'adapters')) return isRoot || folderOf(path) === folderOf(target.path) || SHARED[folderOf(target.path)]?.includes(folderOf(path)) === true ? undefined : `only ${ROOTS.join(', ')} import several adapters`
  return isUnder(path, 'adapters/cli') && isUnder(target.path, 'scenarios', 'actors') ? undefined : 'adapters import system/ and their vendor'
}

function refuseInActors({ target }: Import): string | undefined {
  if (target.kind === 'builtin') return 'actors are pure'
  if (target.kind === 'package') return target.name === 'xstate' || target.name === 'zod' ? undefined : 'actors know xstate and zod only'
  return isUnder(target.path, 'actors', ...AUTHORING) || ENTRIES.includes(target.path) ? undefined : 'actors import the authoring entries and system/protocol'
}

function refuseInScenarios({ target }: Import): string | undefined {
  if (target.kind === 'builtin') return 'scenarios reach the world through adapters'
  if (target.kind === 'package') return 'scenarios know no vendor'
  return isUnder(target.path, 'scenarios', 'actors', 'adapters', ...AUTHORING) ? undefined : 'scenarios import the public entries, actors and adapters'
}

/** adapters/<name> */
function folderOf(path: string): string {
  return path.split('/').slice(0, 2).join('/')
}

/** One vendor for each adapter folder. */
export function oneVendor(sources: readonly Source[]): Finding[] {
  const first = new Map<string, string>()
  const found: Finding[] = []
  for (const source of sources.filter(({ path }) => isUnder(path, 'adapters'))) {
    for (const { target, node, isTypeOnly } of importsOf(source)) {
      if (target.kind !== 'package' || (isTypeOnly && isUnder(source.path, ...ROOTS))) continue
      const folder = folderOf(source.path)
      const vendor = first.get(folder) ?? target.name
      first.set(folder, vendor)
      if (vendor !== target.name) found.push(findingAt(source, node, `${folder} already adapts ${vendor}; give ${target.name} a folder of its own`))
    }
  }
  return found
}

/** A file that only re-exports is a barrel; only the public entries may be one. */
export function noBarrel(source: Source): Finding[] {
  const exported = importsOf(source).filter(({ node }) => node.parent === source.tree && node.getText().startsWith('export'))
  const isBarrel = exported.length > 1 && exported.length === source.tree.statements.length
  return isBarrel && !isUnder(source.path, ...ROOTS) ? [findingAt(source, source.tree, 'a barrel; import the files themselves')] : []
}

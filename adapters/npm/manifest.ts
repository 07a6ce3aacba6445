// Manifest: the package.json of the published package, made from the clone's.
//
// X1. Every entry of the clone has one in the package: compiled, with its types.
// X2. The package asks for what its files import, and for nothing else.
import { OperationError } from '../../system/protocol/failures.ts'

export interface SourceManifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly keywords: readonly string[]
  readonly license: string
  readonly type: string
  readonly engines: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

export interface PackageManifest extends Omit<SourceManifest, 'exports'> {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly types: string
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: true }>>
}

/** Machines are written with it, so the user's copy is the one that counts. The engine relies on more than it promises: a new minor waits for a release of ours. */
const PEER = 'xstate'
/** Clients of servers that some systems use, and what lays diagrams out: who uses them installs them, and is told so where one is missing. */
const OPTIONAL: readonly string[] = ['@platformatic/kafka', 'elkjs', 'ioredis', 'kafkajs', 'nats']
/** What is used of them beneath is not promised, nor that a drawing stays the same: no other version than the tested one. */
const EXACT: readonly string[] = ['@platformatic/kafka', 'elkjs', 'kafkajs']

/** `imported`: names of the packages that the compiled files import. Throws OperationError for one that nobody declared. */
export function packageManifest(source: SourceManifest, imported: ReadonlySet<string>): PackageManifest {
  const { name, version, description, keywords, license, type, engines, bin, dependencies } = source
  for (const one of imported) if (one !== name && dependencies[one] === undefined) throw new OperationError('package/undeclared', `the package imports '${one}', which is no dependency. Add it to package.json.`)
  const optional = OPTIONAL.filter((one) => imported.has(one))
  const entries = Object.entries(source.exports).map(([entry, path]) => [entry, compiledEntry(path)] as const)
  return {
    name, version, description, keywords, license, type, engines,
    exports: Object.fromEntries(entries),
    types: compiled(source.exports['.'] ?? '', '.d.ts'),
    bin: Object.fromEntries(Object.entries(bin).map(([command, path]) => [command, compiled(path, '.js')])),
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([one]) => imported.has(one) && one !== PEER && !optional.includes(one))),
    peerDependencies: { [PEER]: `~${dependencies[PEER] ?? ''}`, ...Object.fromEntries(optional.map((one) => [one, `${EXACT.includes(one) ? '' : '^'}${dependencies[one] ?? ''}`])) },
    peerDependenciesMeta: Object.fromEntries(optional.map((one) => [one, { optional: true }])),
  }
}

function compiledEntry(path: string): string | { readonly types: string; readonly default: string } {
  return path.endsWith('.ts') ? { types: compiled(path, '.d.ts'), default: compiled(path, '.js') } : path
}

function compiled(path: string, extension: '.js' | '.d.ts'): string {
  return path.replace(/\.[jt]s$/, extension)
}

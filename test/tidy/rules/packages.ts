// Packages: exact versions, and a lock file that names no host.
import type { Finding } from '../source.ts'

const EXACT = /^(npm:[\w@/.-]+@)?\d+\.\d+\.\d+$/
const DEPENDENCY_FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const

export type Manifest = { readonly [field in (typeof DEPENDENCY_FIELDS)[number]]?: Readonly<Record<string, string>> }

export function exactVersions(manifest: Manifest): Finding[] {
  return DEPENDENCY_FIELDS.flatMap((field) => Object.entries(manifest[field] ?? {}))
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => ({ path: 'package.json', line: 1, message: `${name} ${version}: give the exact version` }))
}

export function noHostsInLock(lockText: string): Finding[] {
  const lines = lockText.split('\n')
  return lines.flatMap((line, index) => (line.includes('"resolved"') ? [{ path: 'package-lock.json', line: index + 1, message: 'names a host; npm install with this repository\'s .npmrc' }] : []))
}

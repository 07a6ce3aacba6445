// Installing packages: makes node_modules match package-lock.json.
//
// Owns: the stamp inside node_modules, the decision whether to install, the lock against a second launch, the npm command.
//
// L1. A stamp with the current hash means: nothing to do, no network.
// L2. Only the holder of the install lock runs npm; a holder that stopped beating for STALE_MS has lost it.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, rmdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { installedBun, nodeIsFit } from './runtime.js'

const STALE_MS = 20_000
const BEAT_MS = 2_000
const POLL_MS = 200
const NPM_LINES_MAX = 15
/** npm's own defaults leave a person without a network waiting for minutes. */
const RETRIES = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']

/** @typedef {import('./runtime.js').Machine} Machine */
/** @typedef {{ version?: string, integrity?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry */
/** @typedef {{ packages?: Record<string, LockEntry> }} LockFile */

/** @param {string} root @param {Machine} machine @returns {Promise<{ ok: true } | { ok: false, reason: string, cure: string }>} */
export async function ensureInstalled(root, machine) {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const wanted = stampOf(lockText, machine)
  const stamp = join(root, 'node_modules', '.statelog-installed')
  const isInstalled = () => readIfAny(stamp) === wanted
  if (isInstalled()) return { ok: true }

  mkdirSync(join(root, '.cache'), { recursive: true })
  const unlock = await lockInstall(join(root, '.cache', 'install.lock'))
  try {
    if (isInstalled()) return { ok: true }
    if (!treeMatches(lockText, readIfAny(join(root, 'node_modules', '.package-lock.json')), machine)) {
      const npm = await runNpm(root)
      if (npm.exitCode !== 0) return { ok: false, reason: `npm could not install the packages:\n${npm.output}`, cure: 'check the network and the npm registry, then run the same command again' }
    }
    // Without the stamp the next launch tries again: an optional package that failed to download is no failure for npm.
    if (isRunnable(machine)) writeFileSync(stamp, wanted)
    return { ok: true }
  } finally {
    unlock()
  }
}

/** Names one installation: the lock file's bytes on one kind of machine. @param {string} lockText @param {Machine} machine */
export function stampOf(lockText, machine) {
  const hash = createHash('sha256').update(lockText).digest('hex')
  return `${hash} ${machine.platform}-${machine.arch}-${machine.libc ?? 'any'}\n`
}

/**
 * Whether what npm last wrote into node_modules is what the lock file asks for, so that an installation made by hand is not thrown away.
 * @param {string} lockText @param {string | undefined} installedText content of node_modules/.package-lock.json @param {Machine} machine
 */
export function treeMatches(lockText, installedText, machine) {
  if (installedText === undefined) return false
  const installed = parseLock(installedText)
  return Object.entries(parseLock(lockText)).every(([path, entry]) => {
    if (path === '' || !belongsHere(entry, machine)) return true
    const found = installed[path]
    return found !== undefined && found.version === entry.version && found.integrity === entry.integrity
  })
}

/** @param {LockEntry} entry @param {Machine} machine */
function belongsHere(entry, machine) {
  const allowed = (/** @type {string[] | undefined} */ list, /** @type {string | undefined} */ value) => list === undefined || value === undefined || list.includes(value)
  return allowed(entry.os, machine.platform) && allowed(entry.cpu, machine.arch) && allowed(entry.libc, machine.libc)
}

/** @param {string} text @returns {Record<string, LockEntry>} */
function parseLock(text) {
  try {
    /** @type {LockFile} */
    const lock = JSON.parse(text)
    return lock.packages ?? {}
  } catch {
    return {}
  }
}

/** @param {Machine} machine */
function isRunnable(machine) {
  return (machine.node !== undefined && nodeIsFit(machine.node)) || machine.bun !== undefined || installedBun(machine) !== undefined
}

/** @param {string} root @returns {Promise<{ exitCode: number, output: string }>} */
function runNpm(root) {
  process.stderr.write('statelog: installing packages (first start, or package-lock.json changed) ...\n')
  // Under `npm run` the path of npm's own script is in the environment, and no shell or PATH is involved.
  const script = process.env['npm_execpath']
  const [command, before] = script !== undefined && basename(script) === 'npm-cli.js' ? [process.execPath, [script]] : ['npm', []]
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline', ...RETRIES]
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(command, [...before, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.once('error', (error) => resolve({ exitCode: 1, output: `${command}: ${error.message}` }))
    child.once('close', (code) => resolve({ exitCode: code ?? 1, output: shorten(output) }))
  })
}

/** npm names the cause first and then explains its options. @param {string} output */
function shorten(output) {
  return output.trimEnd().split('\n').slice(0, NPM_LINES_MAX).join('\n')
}

/** Takes the lock folder, waiting for its holder; answers the function that gives it back. @param {string} path */
export async function lockInstall(path) {
  while (!tryMakeFolder(path)) {
    if (isStale(path)) breakLock(path)
    else await sleep(POLL_MS)
  }
  const beat = setInterval(() => {
    // A launch that slept with its machine may have lost the folder; then there is nothing left to keep fresh.
    if (existsSync(path)) utimesSync(path, new Date(), new Date())
  }, BEAT_MS)
  return () => {
    clearInterval(beat)
    rmSync(path, { recursive: true, force: true })
  }
}

/** @param {string} path */
function breakLock(path) {
  // Breaking is itself locked, and looks again inside: otherwise the second of two breakers would remove the first one's new lock.
  const breaking = `${path}.breaking`
  if (isStale(breaking)) rmSync(breaking, { recursive: true, force: true })
  if (!tryMakeFolder(breaking)) return
  if (isStale(path)) rmSync(path, { recursive: true, force: true })
  rmdirSync(breaking)
}

/** @param {string} path */
function isStale(path) {
  const atMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return atMs !== undefined && Date.now() - atMs > STALE_MS
}

/** @param {string} path */
function tryMakeFolder(path) {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** @param {string} path */
function readIfAny(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

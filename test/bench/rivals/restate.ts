// Restate made ready: its server and its library as npm packages, fetched once into the user's cache. No script of theirs is run.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../../../adapters/services/jars.ts'
import { isInstalled } from '../../../adapters/services/server.ts'
import { nodeProgram } from '../cluster/program.ts'
import type { Program } from '../cluster/program.ts'

const SERVER_VERSION = '1.7.12'
const SDK_VERSION = '1.17.2'
/** The server's binary alone: the package around it brings another one along, which reports where it is installed. */
const SERVER = `@restatedev/restate-server-${process.platform}-${process.arch}`
const SDK = '@restatedev/restate-sdk'

export const RESTATE_VERSION = `Restate ${SERVER_VERSION}, its library ${SDK_VERSION}`

const folder = (): string => cacheFolder(`restate-${SERVER_VERSION}-${SDK_VERSION}`)

/** Why it cannot run here, with the cure; undefined: it can. */
export function restateMissing(): string | undefined {
  if (process.platform !== 'linux' || !isInstalled('setpriv', '--version')) return 'its server is ended by setpriv --pdeathsig, which only Linux has (Debian: apt-get install util-linux)'
  if (!existsSync(folder()) && !isInstalled('npm', '--version')) return 'npm is not installed, which fetches its packages'
  return undefined
}

export function restateProgram(nodePath: string): Program {
  const modules = join(fetched(), 'node_modules')
  const program = nodeProgram(nodePath, join(import.meta.dirname, 'restate-service.ts'))
  return { ...program, env: { W1_RESTATE_SERVER: join(modules, SERVER, 'bin/restate-server'), W1_RESTATE_SDK: join(modules, SDK, 'dist/index.js'), RESTATE_LOGGING: 'ERROR' } }
}

function fetched(): string {
  const kept = folder()
  if (existsSync(kept)) return kept
  const fresh = `${kept}.${process.pid}`
  mkdirSync(fresh, { recursive: true })
  const run = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', fresh, `${SERVER}@${SERVER_VERSION}`, `${SDK}@${SDK_VERSION}`], { encoding: 'utf8' })
  if (run.status !== 0) throw new TypeError(`the packages of Restate were not fetched: ${run.stderr.trim().split('\n').slice(-5).join('\n')}`)
  if (existsSync(kept)) rmSync(fresh, { recursive: true })
  else renameSync(fresh, kept)
  return kept
}

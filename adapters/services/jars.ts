// Jars of Maven Central, fetched once into the user's cache.
//
// Owns: a folder of jars for each name. A name carries the version: what is there is never changed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { OperationError } from '../../system/protocol/failures.ts'
import { isInstalled } from './server.ts'

/** A command of the Java that the environment names, else of the system's. */
export const javaCommand = (command: 'java' | 'javac'): string => (process.env['JAVA_HOME'] === undefined ? command : join(process.env['JAVA_HOME'], 'bin', command))

/** Where what is called so is kept for the user. */
export const cacheFolder = (name: string): string => join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'statelog', name)

const hasJars = (folder: string): boolean => existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.jar'))

/** Why the jars cannot be had here, with the cure; undefined: they can. */
export function jarsMissing(name: string): string | undefined {
  if (hasJars(cacheFolder(name)) || isInstalled('mvn', '--version')) return undefined
  return `Maven is not installed, which fetches the jars of ${name} (Debian: apt-get install maven)`
}

/** The folder of what `pom` depends on; fetched where it is not there yet. */
export function fetchedJars(name: string, pom: string): string {
  const folder = cacheFolder(name)
  if (hasJars(folder)) return folder
  const fresh = `${folder}.${process.pid}`
  mkdirSync(fresh, { recursive: true })
  const fetched = spawnSync('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${fresh}`], { encoding: 'utf8' })
  if (fetched.status !== 0) throw new OperationError('services/jars', `the jars of ${name} were not fetched: ${(fetched.stdout ?? '').trim().split('\n').slice(-5).join('\n')}`)
  // Another process may have been faster: its jars are the same.
  if (existsSync(folder)) rmSync(fresh, { recursive: true })
  else renameSync(fresh, folder)
  return folder
}

// Rivals: other ways to run W1 on the same broker, each a program that takes the same variables as `cluster/member.ts`.
//
// Owns: how each is made ready and started. What cannot run here says why.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchedJars, jarsMissing, javaCommand } from '../../../adapters/services/jars.ts'
import { isInstalled } from '../../../adapters/services/server.ts'
import { nodeProgram } from '../cluster/program.ts'
import type { Program } from '../cluster/program.ts'
import { restateMissing, restateProgram, RESTATE_VERSION } from './restate.ts'
import { RIVAL_WORDS } from './words.ts'
import type { RivalName } from './words.ts'

export interface Rival {
  readonly name: RivalName
  /** Of what is measured, for the page. */
  readonly version: string
  readonly program: Program
  /** Where it takes too long for all events of the others. */
  readonly eventsMax?: number
}

const STREAMS_VERSION = '4.1.1'
const JARS = `kafka-streams-${STREAMS_VERSION}`
const HEAP_FLAG = '-Xmx1g'
const RESTATE_EVENTS_MAX = 20_000

/** Where Node is, and its name with its version. */
export interface NodePlace {
  readonly path: string
  readonly runs: string
}

/** Those that can run here; `say` hears of the others. `folder`: for what is compiled. */
export function readyRivals({ path, runs }: NodePlace, folder: string, say: (line: string) => void): readonly Rival[] {
  const loop = (name: 'kafkajs-loop' | 'platformatic-loop', dependency: string): Rival =>
    ({ name, version: `${dependency} ${versionOf(dependency)}, ${runs}`, program: nodeProgram(path, join(import.meta.dirname, `${name}.ts`)) })
  const ready = [loop('kafkajs-loop', 'kafkajs'), loop('platformatic-loop', '@platformatic/kafka')]
  const more = [
    { title: RIVAL_WORDS['kafka-streams'].title, why: streamsMissing(), make: () => streams(folder) },
    { title: RIVAL_WORDS.restate.title, why: restateMissing(), make: (): Rival => ({ name: 'restate', version: `${RESTATE_VERSION}, ${runs}`, program: restateProgram(path), eventsMax: RESTATE_EVENTS_MAX }) },
  ]
  for (const { title, why, make } of more) {
    if (why === undefined) ready.push(make())
    else say(`${title} is not measured: ${why}`)
  }
  return ready
}

function streamsMissing(): string | undefined {
  if (!isInstalled(javaCommand('javac'), '-version')) return 'javac is not installed (Debian: apt-get install openjdk-17-jdk-headless)'
  return jarsMissing(JARS)
}

function streams(folder: string): Rival {
  const jars = join(fetchedJars(JARS, join(import.meta.dirname, 'pom.xml')), '*')
  const sources = join(import.meta.dirname, 'java')
  const classes = join(folder, 'classes')
  mkdirSync(classes, { recursive: true })
  const compiled = spawnSync(javaCommand('javac'), ['-d', classes, '-cp', jars, ...readdirSync(sources).map((file) => join(sources, file))], { encoding: 'utf8' })
  if (compiled.status !== 0) throw new TypeError(`the program on Kafka Streams was not compiled: ${compiled.stderr.trim()}`)
  const args = [HEAP_FLAG, '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', `${classes}:${jars}`, 'StreamsLoop']
  return { name: 'kafka-streams', version: `Kafka Streams ${STREAMS_VERSION}, Java ${javaVersion()}`, program: { command: javaCommand('java'), args, env: {} } }
}

function versionOf(dependency: string): string {
  const file = join(import.meta.dirname, '../../../node_modules', dependency, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version
}

function javaVersion(): string {
  return /version "([^"]+)"/.exec(spawnSync(javaCommand('java'), ['-version'], { encoding: 'utf8' }).stderr)?.[1] ?? 'unknown'
}

// `statelog ui`: the pages and the HTTP API of a system that nobody runs, from its log alone.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { LogGateway } from '../../../system/gateway/log-gateway.ts'
import { planSystem } from '../../../system/partition/topology.ts'
import { OperationError } from '../../../system/protocol/failures.ts'
import { cborCodec } from '../../cbor/codec.ts'
import type { HttpServer } from '../../http/server.ts'
import { systemClock } from '../../node/clock.ts'
import type { CommittedLog } from '../../node/look.ts'
import { MANIFEST_FILE } from '../../node/manifest.ts'
import { openBeside, whereOf } from '../../node/medium.ts'
import type { KafkaMedium } from '../../node/medium.ts'
import { stopSignals } from '../../node/stop-signals.ts'
import { holderOf } from '../../sqlite/lock.ts'
import type { Arguments } from '../arguments.ts'
import { CLUSTER_FLAGS, mediumFrom } from '../cluster-flags.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { DATA, knownFolder, shown, withFolder } from '../data-folder.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import { chartsOf, folderIndex } from '../faces.ts'
import { HTTP_FLAGS, httpFaceOf, openHttpFace } from '../http-face.ts'
import type { HttpFace } from '../http-face.ts'
import type { Io } from '../io.ts'
import { runningPage } from '../page-note.ts'
import { folderName, loadTarget, systemNamed } from '../target.ts'

const { redis: _redis, ...CLUSTER } = CLUSTER_FLAGS
const PORT = 8080
const PORTS_TRIED = 20
/** Between two looks at who runs the folder, ms. */
const HOLDER_MS = 1000

export const uiCommand: Command = {
  name: 'ui',
  summary: 'show a system at rest in a browser, and answer over HTTP',
  usage: ['ui [<folder | scenario | file>] [--http [host:]port]', 'ui [<scenario | file>] --kafka <brokers> [--namespace <prefix>] [--http [host:]port]'],
  about: [
    'Serves what statelog run --http serves, from the log alone, until Ctrl-C: entities, histories, dead letters, where everything stands. Owns nothing; runs nothing.',
    'What is sent to an entity is kept, and taken when the system runs next. While it runs, what is shown follows its log once a second; rates and transitions are',
    'counted by a system that runs with --http alone: where one does, its page is named instead.',
  ],
  flags: {
    ...FOLDER_FLAG, ...CLUSTER, ...HTTP_FLAGS, ...JSON_FLAG,
    http: { value: '[host:]port', help: `where to answer (default 127.0.0.1:${PORT}, or the next port that is free); 0.0.0.0:${PORT} needs a token` },
  },
  wordsMax: 1,
  examples: ['ui', 'ui ./data/fraud --http 9000', 'ui fraud --kafka localhost:9092'],
  run: show,
}

/** What is shown. */
interface Shown {
  readonly system: SystemDefinition
  readonly log: CommittedLog
  /** For people. */
  readonly where: string
  /** Where the index of entities is kept. */
  readonly folder: string
  readonly isAtRest: () => boolean
}

async function show({ words, flags }: Arguments, io: Io): Promise<number> {
  const [word] = words
  const medium = mediumFrom(flags)
  const face = await httpFaceOf(flags, process.env, String(PORT)) as HttpFace
  const serving = { face, isFixed: flags.has('http'), isJson: flags.has('json'), io }
  if (medium.kind === 'kafka') return onCluster(word, medium, flags.text('folder'), serving)
  if (word !== undefined && flags.has('folder')) throw new UsageError(`name the folder once: '${word}' or --folder`)
  return inFolder(word === undefined ? flags.text('folder') : await folderOf(word), serving)
}

interface Serving {
  readonly face: HttpFace
  /** No other port will do. */
  readonly isFixed: boolean
  readonly isJson: boolean
  readonly io: Io
}

/** A data folder, or the one that a scenario or a file uses by default. */
async function folderOf(word: string): Promise<string> {
  return existsSync(join(word, MANIFEST_FILE)) ? word : join(DATA, folderName(await loadTarget(word)))
}

async function inFolder(named: string | undefined, serving: Serving): Promise<number> {
  const { io, isJson } = serving
  const { folder } = await knownFolder(named)
  const running = runningPage(folder)
  if (running?.url !== undefined) {
    if (isJson) io.out(JSON.stringify({ folder, runs: running.holder, ui: running.url }))
    else io.out(`${shown(folder)} runs in ${running.holder}, which shows it: ${running.url}`)
    return EXIT.ok
  }
  if (running !== undefined) io.err(`statelog: ${shown(folder)} runs in ${running.holder}, without --http: it is read beside, once a second; statelog run --http shows rates and transitions too`)
  return withFolder(folder, ({ medium, system, log }) => serve({ system, log, folder, where: whereOf(medium, shown(folder)), isAtRest: medium.kind === 'kafka' ? () => false : restOf(folder) }, serving))
}

/** Needs no folder where the system is named. */
async function onCluster(word: string | undefined, medium: KafkaMedium, named: string | undefined, serving: Serving): Promise<number> {
  const system = word === undefined ? (await knownFolder(named)).system : await systemNamed(word)
  const folder = mkdtempSync(join(tmpdir(), 'statelog-ui-'))
  const log = await openBeside(medium, '', systemClock)
  try {
    return await serve({ system, log, folder, where: whereOf(medium, ''), isAtRest: () => false }, serving)
  } finally {
    await log.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function restOf(folder: string): () => boolean {
  let known: { readonly atMs: number; readonly isAtRest: boolean } | undefined
  return () => {
    const atMs = systemClock.monotonicMs()
    if (known === undefined || atMs - known.atMs >= HOLDER_MS) known = { atMs, isAtRest: holderOf(folder) === undefined }
    return known.isAtRest
  }
}

async function serve({ system, log, where, folder, isAtRest }: Shown, { face, isFixed, isJson, io }: Serving): Promise<number> {
  const signals = stopSignals(() => {})
  const index = await folderIndex(folder)
  let server: HttpServer | undefined
  try {
    const serving = { gateway: new LogGateway({ log, codec: cborCodec, clock: systemClock, openIndex: index.open, isAtRest }, planSystem(system)), charts: await chartsOf(system) }
    server = await openFree(face, isFixed, (listen) => openHttpFace({ ...face, listen }, serving, (message) => io.err(`statelog: ${message}`)))
    const page = `${server.url}/ui/`
    if (!isFixed && !server.url.endsWith(`:${PORT}`)) io.err(`statelog: another program has port ${PORT}`)
    if (isJson) io.out(JSON.stringify({ system: system.name, where, isAtRest: isAtRest(), http: server.url, ui: page }))
    else io.out(`${system.name}, ${where}: ${io.paint('bold', page)} (until Ctrl-C)`)
    if (!signals.stop.aborted) await new Promise((resolve) => signals.stop.addEventListener('abort', resolve))
    return EXIT.ok
  } finally {
    await server?.close()
    index.close()
    signals.dispose()
  }
}

/** The next ports are tried, unless the user has named one. */
async function openFree({ listen }: HttpFace, isFixed: boolean, open: (listen: string) => Promise<HttpServer>): Promise<HttpServer> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await open(isFixed ? listen : String(PORT + tried - 1))
    } catch (thrown) {
      const isTaken = thrown instanceof OperationError && thrown.code === 'http/listen' && thrown.message.includes('EADDRINUSE')
      if (isFixed || !isTaken || tried === PORTS_TRIED) throw thrown
    }
  }
}

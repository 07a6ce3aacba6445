// `statelog doctor`: what is wrong with a data folder or with a system on a cluster, or that nothing is.
import { statfsSync } from 'node:fs'
import { partitionHealth } from '../../../system/inspect/health.ts'
import type { PartitionHealth } from '../../../system/inspect/health.ts'
import { CLEAN_COMMITS } from '../../../system/protocol/limits.ts'
import { topicNeeds } from '../../../system/partition/topic-kinds.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { cborCodec } from '../../cbor/codec.ts'
import { VERSION } from '../../node/version.ts'
import { holderOf } from '../../sqlite/lock.ts'
import type { Arguments, FlagValues } from '../arguments.ts'
import { CLUSTER_FLAGS, mediumFrom } from '../cluster-flags.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { systemClock } from '../../node/clock.ts'
import type { CommittedLog } from '../../node/look.ts'
import type { Manifest } from '../../node/manifest.ts'
import { openBeside, whereOf } from '../../node/medium.ts'
import type { Medium } from '../../node/medium.ts'
import { knownFolder, shown, withFolder } from '../data-folder.ts'
import { engineText } from '../engine-words.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { typed } from '../run-summary.ts'
import { systemNamed } from '../target.ts'
import { bytes, counted, grouped, table } from '../text.ts'
import { driftLine, topicDrift, unverifyingLine } from '../topic-drift.ts'

const { redis: _redis, ...CLUSTER } = CLUSTER_FLAGS

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'check a data folder or a cluster: topics, journals, positions, states',
  usage: ['doctor [--folder <folder>] [--json]', 'doctor [<scenario | file>] --kafka <brokers> [--namespace <prefix>] [--json]'],
  about: [
    'Looks, and changes nothing. Exit code 1 when something is wrong; each complaint says what to do.',
    'On a cluster also: how topics are kept and what is relied on of brokers, and the command that mends what is otherwise. The system is that of the folder, or the one named.',
  ],
  flags: { ...FOLDER_FLAG, ...CLUSTER, ...JSON_FLAG },
  wordsMax: 1,
  examples: ['doctor', 'doctor --folder ./data/fraud', 'doctor fraud --kafka localhost:9092'],
  run: examine,
}

/** What is looked at. */
interface Patient {
  /** For people. */
  readonly where: string
  readonly folder: string | undefined
  readonly manifest: Manifest | undefined
  readonly medium: Medium
  readonly system: SystemDefinition
  readonly plans: ReadonlyMap<string, TypePlan>
  readonly log: CommittedLog
}

function examine({ words, flags }: Arguments, io: Io): Promise<number> {
  const [word] = words
  const medium = mediumFrom(flags)
  if (medium.kind === 'kafka') return onCluster(word, medium, flags, io)
  if (word !== undefined) throw new UsageError(`'${word}' is looked at on a cluster: name it with --kafka host:port, or a data folder with --folder`)
  return withFolder(flags.text('folder'), (open) => doctor({ ...open, where: shown(open.folder) }, flags.has('json'), io))
}

/** Needs no folder where the system is named. */
async function onCluster(word: string | undefined, medium: Medium, flags: FlagValues, io: Io): Promise<number> {
  const system = word === undefined ? (await knownFolder(flags.text('folder'))).system : await systemNamed(word)
  const log = await openBeside(medium, '', systemClock)
  try {
    return await doctor({ where: `${system.name} ${whereOf(medium, '')}`, folder: undefined, manifest: undefined, medium, system, plans: planSystem(system), log }, flags.has('json'), io)
  } finally {
    await log.close()
  }
}

interface Check {
  readonly name: string
  readonly text: string
  readonly problems: readonly string[]
}

/** Less free space than this is worth a complaint. */
const FREE_BYTES_MIN = 256 << 20

async function doctor(open: Patient, json: boolean, io: Io): Promise<number> {
  const topics = await topicCheck(open)
  const checks = [runtimeCheck(), ...folderChecks(open), { name: 'engine', text: engineText(open.system), problems: [] }, topics, ...(await keepingChecks(open))]
  const partitions: PartitionHealth[] = []
  // Partitions of topics that are missing cannot be looked at.
  if (topics.problems.length === 0) {
    for (const plan of open.plans.values()) {
      const membership = { group: plan.group, topics: plan.inputs, metadataTopic: plan.inbox }
      for (let partition = 0; partition < plan.partitions; partition += 1) {
        partitions.push(await partitionHealth(open.log, cborCodec, plan, partition, () => open.log.committed(membership, partition)))
      }
    }
  }
  const problems = [...checks.flatMap((check) => check.problems), ...partitions.flatMap(({ type, partition, problems: some }) => some.map((problem) => `${type}/${partition}: ${problem}`))]
  if (json) io.out(JSON.stringify({ folder: open.folder ?? null, ok: problems.length === 0, checks, partitions, problems }))
  else for (const text of lines(open, checks, partitions, problems, io)) io.out(text)
  return problems.length === 0 ? EXIT.ok : EXIT.problem
}

function runtimeCheck(): Check {
  const bun = process.versions['bun']
  const text = bun === undefined ? `Node ${process.versions.node}` : `Bun ${bun}`
  const [major = 0, minor = 0] = (bun ?? process.versions.node).split('.').map(Number)
  const isFit = bun === undefined ? (major === 22 && minor >= 22) || (major === 24 && minor >= 6) || major > 24 : major > 1 || minor >= 4
  return { name: 'runtime', text: `${text}, statelog ${VERSION}`, problems: isFit ? [] : [`${text} is not supported: use Node >= 22.22 (not 23, not 24.0 to 24.5) or Bun >= 1.4`] }
}

function folderChecks({ folder, manifest, medium, system }: Patient): readonly Check[] {
  if (folder === undefined || manifest === undefined) return []
  return [lockCheck(folder, medium), diskCheck(folder), manifestCheck(manifest, system)]
}

function lockCheck(folder: string, medium: Medium): Check {
  if (medium.kind === 'kafka') return { name: 'folder', text: `${shown(folder)}, ${whereOf(medium, folder)}`, problems: [] }
  const holder = holderOf(folder)
  return { name: 'folder', text: `${shown(folder)}, ${holder === undefined ? 'at rest' : `running in ${holder}`}`, problems: [] }
}

function diskCheck(folder: string): Check {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  return { name: 'disk', text: `${bytes(free)} free`, problems: free < FREE_BYTES_MIN ? [`only ${bytes(free)} are free on the disk of ${shown(folder)}: free some space`] : [] }
}

function manifestCheck(manifest: Manifest, system: SystemDefinition): Check {
  const wrong = manifest.system !== system.name || manifest.partitions !== system.partitions
  return {
    name: 'system', text: `${system.name} of '${manifest.target}', ${system.partitions} partitions, written by statelog ${manifest.statelog}, ${manifest.finished ? 'finished' : 'not finished'}`,
    problems: wrong ? [`the folder was written for '${manifest.system}' with ${manifest.partitions} partitions, the code defines '${system.name}' with ${system.partitions}: use the code that wrote it`] : [],
  }
}

/** Of a cluster: how its topics are kept, and what of its brokers is relied on. */
async function keepingChecks({ log, medium, plans }: Patient): Promise<readonly Check[]> {
  if (medium.kind !== 'kafka' || log.keeping === undefined) return []
  const needs = topicNeeds(plans)
  const keeping = await log.keeping(needs.map(({ topic }) => topic))
  const seen = new Set(keeping.topics.map(({ topic }) => topic))
  const unseen = (await log.topics()).flatMap(({ name }) => (needs.some(({ topic }) => topic === name) && !seen.has(name) ? [`topic ${name}: how it is kept cannot be seen; grant DESCRIBE_CONFIGS on it`] : []))
  const unverifying = (await log.unverifying?.() ?? []).map((broker) => unverifyingLine(broker, medium))
  return [{ name: 'keeping', text: `${keeping.topics.length} topics on ${counted(keeping.brokers, 'broker')}`, problems: [...unseen, ...topicDrift(needs, keeping, medium).map(driftLine), ...unverifying] }]
}

async function topicCheck({ log, plans, medium }: Patient): Promise<Check> {
  const found = new Map((await log.topics()).map((spec) => [spec.name, spec]))
  const wanted = topicSpecs(plans)
  const problems = wanted.flatMap(({ name, partitions, cleanup }) => {
    const spec = found.get(name)
    if (spec === undefined) return [`topic ${name} is missing: run the system once, it is created then`]
    if (spec.partitions !== partitions) return [`topic ${name} has ${spec.partitions} partitions, the system needs ${partitions}: they are fixed for the life of the data`]
    // Of a cluster the keeping says it, with the command.
    return spec.cleanup === cleanup || medium.kind === 'kafka' ? [] : [`topic ${name} has cleanup '${spec.cleanup}', the system needs '${cleanup}'`]
  })
  return { name: 'topics', text: `${wanted.length} of the system, ${found.size} ${medium.kind === 'kafka' ? 'on the cluster' : 'in the folder'}`, problems }
}

function lines({ folder, where }: Patient, checks: readonly Check[], partitions: readonly PartitionHealth[], problems: readonly string[], { paint }: Io): readonly string[] {
  const mark = (some: readonly string[]): string => (some.length === 0 ? paint('green', 'ok   ') : paint('red', 'WRONG'))
  const rows = partitions.map((one) => [
    `${one.type}/${one.partition}`, one.seq === undefined ? 'never ran' : grouped(one.seq), grouped(one.epoch), grouped(one.floorDistance), grouped(one.lag), grouped(one.deadLetters), grouped(one.parked), grouped(one.states),
    one.problems.length > 0 ? paint('red', 'WRONG') : one.isReleased ? 'released' : 'open',
  ])
  const [head = '', ...rest] = table([['PARTITION', 'SEQ', 'EPOCH', 'TO FOLD', 'LAG', 'DEAD LETTERS', 'PARKED', 'STATES', 'JOURNAL'], ...rows])
  return [
    ...checks.map((check) => `${mark(check.problems)} ${check.name.padEnd(8)} ${check.text}`),
    ...(partitions.length === 0 ? [] : ['', paint('dim', head), ...rest]),
    '',
    ...partitions.flatMap((one) => notes(one, folder).map((note) => `${paint('yellow', 'note:')} ${one.type}/${one.partition}: ${note}`)),
    ...problems.map((problem) => `${paint('red', 'wrong:')} ${problem}`),
    problems.length === 0 ? `${paint('green', 'healthy')}: nothing is wrong with ${where}` : `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in ${where}`,
  ]
}

/** What is not wrong, but worth knowing. */
function notes({ parked, attempts, isIsolated, suspect }: PartitionHealth, folder: string | undefined): readonly string[] {
  const early = attempts > 1 ? [`its last ${attempts - 1 === 1 ? 'owner' : `${attempts - 1} owners`} died early, this is attempt ${attempts}`] : []
  return [
    ...(parked === 0 ? [] : [`${counted(parked, 'entity is', 'entities are')} parked, ${parked === 1 ? 'its' : 'their'} events are put aside${folder === undefined ? '' : `: ${typed('statelog parked list', folder)}`}`]),
    ...early.map((text) => `${text}${isIsolated ? `; it is isolated: one input at a time, until ${CLEAN_COMMITS} batches have gone well` : ''}`),
    ...(suspect === undefined ? [] : [`pending suspect ${suspect.cause}, named ${counted(suspect.times, 'time')}: it was about to run when nothing more was heard`]),
  ]
}

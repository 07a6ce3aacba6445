// `statelog models`: which models score where, and how another takes their place while the system runs.
import { readFileSync } from 'node:fs'
import { OperationError } from '../../../system/protocol/failures.ts'
import { modelsTopic } from '../../../system/protocol/ids.ts'
import { activeModels } from '../../../system/inspect/models.ts'
import { encodeModel } from '../../../system/models/artifact.ts'
import { decodeModel } from '../../../system/models/definition.ts'
import { featuresMisfit } from '../../../system/models/library.ts'
import type { Model } from '../../../system/models/model.ts'
import { activationRecords } from '../../../system/node/activations.ts'
import type { ModelRef } from '../../../system/partition/topology.ts'
import { cborCodec } from '../../cbor/codec.ts'
import { wallClock } from '../../memory/clock.ts'
import { logModelStore } from '../../memory/log-models.ts'
import { systemClock } from '../../node/clock.ts'
import { actionOf, noMoreWords } from '../arguments.ts'
import type { FlagValues } from '../arguments.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { shown, withFolder } from '../data-folder.ts'
import type { OpenFolder } from '../data-folder.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { didYouMean } from '../suggestion.ts'
import { table } from '../text.ts'

export const modelsCommand: Command = {
  name: 'models',
  summary: 'list the active models, or activate another one',
  usage: ['models list [--folder <folder>] [--json]', 'models activate <artifact.json> [--folder <folder>] [--json]'],
  about: [
    'An artifact is the JSON of a model (`statelog-model/1`). It takes the place of the model of its name in every partition, each at its own position:',
    'what came before is scored by the old model, what comes after by the new. It stays active over restarts, until the code itself brings another model.',
    'Activating works whether the folder is running or at rest.',
  ],
  flags: { ...FOLDER_FLAG, ...JSON_FLAG },
  wordsMax: 2,
  examples: ['models list', 'models activate fraud-v2.json'],
  run: async ({ words: [action, ...words], flags }, io) => {
    const [file] = words
    if (actionOf('models', action, ['list', 'activate']) === 'list') {
      noMoreWords(words)
      return withFolder(flags.text('folder'), (open) => list(open, flags, io))
    }
    if (file === undefined) throw new UsageError('activate which artifact? statelog models activate <artifact.json>')
    return withFolder(flags.text('folder'), (open) => activateFile(open, file, flags, io))
  },
}

async function list({ folder, log, plans, system }: OpenFolder, flags: FlagValues, io: Io): Promise<number> {
  const rows: { readonly type: string; readonly partition: number; readonly model: string; readonly ref: ModelRef }[] = []
  for (const plan of plans.values()) {
    for (let partition = 0; partition < plan.partitions; partition += 1) {
      for (const [model, ref] of await activeModels({ log, codec: cborCodec, clock: wallClock }, plan, partition)) rows.push({ type: plan.definition.name, partition, model, ref })
    }
  }
  if (flags.has('json')) for (const { ref, ...row } of rows) io.out(JSON.stringify({ ...row, version: ref.version, hash: ref.hash, activated: ref.over !== undefined }))
  else if (system.models.length === 0) io.out(`system '${system.name}' in ${shown(folder)} has no models`)
  else {
    const grouped = Map.groupBy(rows, ({ type, model, ref }) => `${model} ${ref.version} ${ref.hash} ${type}`)
    const lines = [...grouped.values()].flatMap((group) => {
      const [first] = group
      return first === undefined ? [] : [[first.model, `v${first.ref.version}`, first.ref.hash.slice(0, 12), first.type, group.map(({ partition }) => partition).join(' '), first.ref.over === undefined ? 'code' : 'activation']]
    })
    table([['MODEL', 'VERSION', 'HASH', 'TYPE', 'PARTITIONS', 'BY'], ...lines]).forEach((text, at) => io.out(at === 0 ? io.paint('dim', text) : text))
  }
  return EXIT.ok
}

async function activateFile({ folder, log, plans, system }: OpenFolder, file: string, flags: FlagValues, io: Io): Promise<number> {
  const model = readModel(file)
  const own = system.models.find(({ name }) => name === model.name)
  if (own === undefined) throw new OperationError('models/unknown', `system '${system.name}' has no model '${model.name}'${didYouMean(model.name, system.models.map(({ name }) => name))}. Models: ${system.models.map(({ name }) => name).join(', ') || 'none'}.`)
  const misfit = featuresMisfit(model, own.features)
  if (misfit !== undefined) throw new OperationError('models/features', `${file}: model '${model.name}' v${model.version} does not fit: ${misfit}`)
  await logModelStore(log, modelsTopic(system.name), systemClock).save(model.hash, encodeModel(model))
  const outcome = await log.append(activationRecords(plans.values(), cborCodec, model, systemClock.nowMs()))
  if (outcome.kind !== 'done') throw new OperationError(`models/${outcome.kind}`, `the activation was not taken: ${outcome.reason}. Try again: activating twice does no harm.`)
  if (flags.has('json')) io.out(JSON.stringify({ model: model.name, version: model.version, hash: model.hash, partitions: outcome.offsets.length }))
  else io.out(`${model.name} v${model.version} (${model.hash.slice(0, 12)}) is activated in ${outcome.offsets.length} partitions of ${shown(folder)}. It scores what they take from now on: statelog models list`)
  return EXIT.ok
}

function readModel(file: string): Model {
  const decoded = decodeModel(readFileSync(file))
  if (decoded.kind === 'ok') return decoded.model
  throw new OperationError('models/artifact', `${file} is no model artifact: ${decoded.reason}`)
}

// Target: what `run` was pointed at: a scenario by name, or a file that exports a scenario or a system.
import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { scenarios } from '../../scenarios/registry.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { ScenarioDefinition, ScenarioOptions } from '../../system/authoring/scenario.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import type { Manifest } from '../node/manifest.ts'
import { UsageError } from './exit-codes.ts'
import { didYouMean } from './suggestion.ts'

export type Target =
  | { readonly kind: 'scenario'; readonly name: string; readonly scenario: ScenarioDefinition }
  | { readonly kind: 'system'; readonly name: string; readonly system: SystemDefinition }

/** Throws UsageError when there is no such thing. */
export async function loadTarget(text: string): Promise<Target> {
  const known = scenarios.get(text)
  if (known !== undefined) return { kind: 'scenario', name: text, scenario: await known() }
  if (!existsSync(text)) throw new UsageError(`there is no scenario and no file '${text}'${didYouMean(text, scenarios.keys())}\nScenarios: ${[...scenarios.keys()].join(', ')}. A file exports a scenario (defineScenario) or a system (defineSystem) as its default.`)
  const value = (await importFile(text)).default
  if (isScenario(value)) return { kind: 'scenario', name: text, scenario: value }
  if (isSystem(value)) return { kind: 'system', name: text, system: value }
  throw new UsageError(`${text} exports no scenario and no system as its default. End it with: export default defineSystem({ ... })`)
}

/** What a newcomer meets first, with its cure. */
async function importFile(text: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(resolve(text)).href) as { readonly default?: unknown }
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    if (/outside a module|Unexpected token 'export'/.test(message)) throw new OperationError('target/module', `${text} is an ES module in a folder that says it holds none. Say it does: npm pkg set type=module`)
    const missing = /Cannot find package '([^']+)'/.exec(message)?.[1]
    if (missing !== undefined) throw new OperationError('target/package', `${text} imports '${missing}', which is not installed beside it. Install it: npm install ${missing}`)
    throw thrown
  }
}

/** The name of the data folder that a target uses by default: its own, so that a system run live does not mix with a scenario's run. */
export function folderName(target: Target): string {
  return scenarios.has(target.name) ? target.name : basename(target.name).replace(/(\.scenario)?\.[cm]?[jt]s$/, '')
}

/** The system that a data folder was written for, without looking at its input where the scenario allows it. */
export async function systemOf(folder: string, manifest: Manifest): Promise<SystemDefinition> {
  if (!scenarios.has(manifest.target) && !existsSync(manifest.target)) {
    throw new OperationError('data-folder/target', `data folder ${folder} was written by '${manifest.target}', which is not there. Call from the folder in which it was started.`)
  }
  return systemIn(await loadTarget(manifest.target), { seed: manifest.seed, data: manifest.data ?? undefined, events: manifest.events ?? undefined, flags: new Map(Object.entries(manifest.flags)) })
}

/** The system of a scenario with its defaults, or of a file. Throws UsageError when there is no such thing. */
export async function systemNamed(text: string): Promise<SystemDefinition> {
  return systemIn(await loadTarget(text), { seed: 1, data: undefined, events: undefined, flags: new Map() })
}

async function systemIn(target: Target, options: ScenarioOptions): Promise<SystemDefinition> {
  if (target.kind === 'system') return target.system
  return target.scenario.system?.(options) ?? (await target.scenario.prepare(options)).system
}

function isScenario(value: unknown): value is ScenarioDefinition {
  return typeof value === 'object' && value !== null && 'prepare' in value && typeof value.prepare === 'function' && 'flags' in value
}

function isSystem(value: unknown): value is SystemDefinition {
  return typeof value === 'object' && value !== null && 'actors' in value && Array.isArray(value.actors) && 'partitions' in value
}

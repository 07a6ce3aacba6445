// The command line of the test run: which tiers, which files, which seed.
import { LONG_TIER, TIERS, type Tier } from './tiers.ts'

export const USAGE = `npm test [-- [tier | path part]... [--long] [--seed <n>] [--node | --bun]]
  tiers: ${TIERS.map((tier) => tier.name).join(', ')}
  a path part runs the test files whose path contains it; with tiers, within these tiers
  --long runs the long tier alone`

/** Fixed, so that a failing run can be repeated by its command alone; other seeds are for exploring. */
export const SEED_DEFAULT = 20180401

export interface Options {
  readonly tiers: readonly Tier[]
  readonly pathParts: readonly string[]
  readonly seed: number
  readonly only: 'node' | 'bun' | undefined
}

export type ParsedOptions = { readonly ok: true; readonly options: Options } | { readonly ok: false; readonly reason: string }

export function parseOptions(args: readonly string[]): ParsedOptions {
  const words: string[] = []
  let seed = SEED_DEFAULT
  let isLong = false
  let only: Options['only']
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    if (arg === '--long') isLong = true
    else if (arg === '--node' || arg === '--bun') only = arg === '--node' ? 'node' : 'bun'
    else if (arg === '--seed') {
      seed = Number(args[++i])
      if (!Number.isSafeInteger(seed)) return { ok: false, reason: '--seed needs a whole number' }
    } else if (arg.startsWith('-')) return { ok: false, reason: `unknown option ${arg}` }
    else words.push(arg)
  }
  return { ok: true, options: { ...choose(words, isLong), seed, only } }
}

function choose(words: readonly string[], isLong: boolean): Pick<Options, 'tiers' | 'pathParts'> {
  const known = [...TIERS, LONG_TIER]
  const named = known.filter((tier) => words.includes(tier.name) || (isLong && tier === LONG_TIER))
  const pathParts = words.filter((word) => !known.some((tier) => tier.name === word)).map((word) => word.replace(/^\.\//, ''))
  if (named.length > 0) return { tiers: named, pathParts }
  // The compiler has no file to be found by a path, so it stays out of a run of chosen files.
  return pathParts.length > 0 ? { tiers: known.filter((tier) => tier.name !== 'types'), pathParts } : { tiers: TIERS, pathParts }
}

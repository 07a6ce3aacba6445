// Arguments: a command line as flags and positional words, checked against what the command declares.
import { parseArgs } from 'node:util'
import { UsageError } from './exit-codes.ts'
import { didYouMean } from './suggestion.ts'

export interface Flag {
  readonly help: string
  /** What its value is called in the help; undefined: the flag is a switch. */
  readonly value?: string
  /** Allowed values; undefined: any. */
  readonly values?: readonly string[]
}

export type Flags = Readonly<Record<string, Flag>>

export interface Arguments {
  readonly words: readonly string[]
  readonly flags: FlagValues
}

export class FlagValues {
  readonly #values: ReadonlyMap<string, string>

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  text(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** A number within bounds; `10k` and `2M` are 10,000 and 2,000,000. Throws UsageError. */
  number(name: string, { min, max = Number.MAX_SAFE_INTEGER, whole = true }: { readonly min: number; readonly max?: number; readonly whole?: boolean }): number | undefined {
    const text = this.#values.get(name)
    if (text === undefined) return undefined
    const parts = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text)
    const value = Number(parts?.[1] ?? NaN) * (parts?.[2] === 'k' ? 1e3 : parts?.[2] === 'M' ? 1e6 : 1)
    if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value
    const bounds = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`
    throw new UsageError(`--${name} is '${text}', expected a ${whole ? 'whole ' : ''}number ${bounds}`)
  }

  /** A time as ISO 8601 or as milliseconds since the epoch. Throws UsageError. */
  time(name: string): number | undefined {
    const text = this.#values.get(name)
    if (text === undefined) return undefined
    const value = /^\d{10,}$/.test(text) ? Number(text) : Date.parse(/[zZ]$|[+-]\d\d:\d\d$/.test(text) || !text.includes('T') ? text : `${text}Z`)
    if (Number.isFinite(value)) return value
    throw new UsageError(`--${name} is '${text}', expected a time such as 2018-07-25T10:00:00Z, or milliseconds since 1970`)
  }
}

/** What a command that does several things is to do: the first of them unless another is named. Throws UsageError. */
export function actionOf<Action extends string>(command: string, word: string | undefined, actions: readonly [Action, ...Action[]]): Action {
  const action = word === undefined ? actions[0] : actions.find((one) => one === word)
  if (action === undefined) throw new UsageError(`${command} cannot '${word}'${didYouMean(word ?? '', actions)}`)
  return action
}

/** Throws UsageError. */
export function noMoreWords([extra]: readonly string[]): void {
  if (extra !== undefined) throw new UsageError(`'${extra}' is one word too many`)
}

/** Throws UsageError for unknown flags, missing or unexpected values, and words beyond `wordsMax`. */
export function readArguments(args: readonly string[], flags: Flags, wordsMax: number): Arguments {
  const options = Object.fromEntries(Object.entries({ ...flags, help: {} as Flag }).map(([name, flag]) => [name, { type: flag.value === undefined ? 'boolean' as const : 'string' as const }]))
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  const words: string[] = []
  const values = new Map<string, string>()
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind === 'option') values.set(token.name, valueOf(token.name, token.rawName, token.value, token.inlineValue === true, flags))
  }
  noMoreWords(words.slice(wordsMax))
  return { words, flags: new FlagValues(values) }
}

function valueOf(name: string, rawName: string, value: string | undefined, isInline: boolean, flags: Flags): string {
  if (name === 'help') return 'true'
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  if (flag === undefined) throw new UsageError(`there is no flag ${rawName}${didYouMean(name, [...Object.keys(flags), 'help'], '--')}`)
  if (flag.value === undefined) {
    if (isInline) throw new UsageError(`--${name} takes no value`)
    return 'true'
  }
  if (value === undefined || (!isInline && value.startsWith('--'))) throw new UsageError(`--${name} needs a value: --${name} <${flag.value}>`)
  if (flag.values !== undefined && !flag.values.includes(value)) throw new UsageError(`--${name} is '${value}', expected ${flag.values.join(' or ')}${didYouMean(value, flag.values)}`)
  return value
}

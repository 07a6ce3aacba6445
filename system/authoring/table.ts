// Table: reference data that machines look rows up in (`lookup`): merchants, limits, calendars. Not an entity: nothing here is exactly once.
//
// B1. What a lookup answered stands in the journal, so that a replay never asks a table.
import { DefinitionError } from '../protocol/failures.ts'
import { isName } from '../protocol/ids.ts'

export interface Table {
  readonly name: string
  /**
   * The rows of keys, in their order; undefined where there is none. Rows are plain data of at most 64 KiB. Called with the keys of many
   * entities at once. A throw, a rejection or more than 5 s mean that the table does not answer: the partition waits and asks again.
   */
  find(keys: readonly string[]): readonly unknown[] | Promise<readonly unknown[]>
}

export type TableOptions =
  | { readonly name: string; readonly rows: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown> }
  | { readonly name: string; readonly find: Table['find'] }

/** A table of given rows, or one that is asked. Throws DefinitionError for a bad name. */
export function defineTable(options: TableOptions): Table {
  const { name } = options
  if (!isName(name)) throw new DefinitionError([`table '${name}': a name is a-z, 0-9 and '-', starts with a letter and has at most 63 characters`])
  if ('find' in options) return { name, find: options.find }
  const rows = options.rows instanceof Map ? options.rows as ReadonlyMap<string, unknown> : new Map(Object.entries(options.rows))
  return { name, find: (keys) => keys.map((key) => rows.get(key)) }
}

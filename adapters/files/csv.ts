// CSV files with a header line, read by column name.
//
// Owns: finding the columns, fields in quotes, and what a field means; every complaint names file, line and column.
import { readLines } from './lines.ts'
import { FileProblem } from './failure.ts'

/** One row. Columns are those that were asked for. */
export class CsvRow {
  readonly #table: Table
  readonly #fields: readonly string[]
  /** 1 is the header. */
  readonly line: number

  constructor(table: Table, fields: readonly string[], line: number) {
    this.#table = table
    this.#fields = fields
    this.line = line
  }

  /** The field as it stands, not empty. */
  text(column: string): string {
    const text = this.#fields[this.#table.columns.get(column) ?? -1]
    if (text === undefined || text === '') throw this.problem(column, 'is empty')
    return text
  }

  /** A finite decimal number. */
  number(column: string): number {
    const text = this.text(column)
    const value = Number(text)
    if (!Number.isFinite(value) || text.trim() === '') throw this.problem(column, `is '${text}', expected a number`)
    return value
  }

  /** One of a few texts. */
  oneOf<T extends string>(column: string, values: readonly T[]): T {
    const text = this.text(column)
    const found = values.find((value) => value === text)
    if (found === undefined) throw this.problem(column, `is '${text}', expected ${values.join(' or ')}`)
    return found
  }

  /** Milliseconds since the epoch of `2018-04-01T00:00:31Z` or `2018-04-01 00:00:31`, both UTC, with or without a fraction. */
  time(column: string): number {
    const text = this.text(column)
    const timeMs = utcTime(text)
    if (timeMs === undefined) throw this.problem(column, `is '${text}', expected a UTC time such as 2018-04-01T00:00:31Z`)
    return timeMs
  }

  problem(column: string, message: string): FileProblem {
    return new FileProblem(`${this.#table.file}:${this.line}: ${column} ${message}`)
  }
}

interface Table {
  readonly file: string
  readonly columns: ReadonlyMap<string, number>
  readonly width: number
}

/** The rows of a CSV file, plain or gzip, in arrays of one chunk each. Throws FileProblem, also when a column is missing. */
export async function* readCsv(file: string, columns: readonly string[]): AsyncGenerator<readonly CsvRow[]> {
  let table: Table | undefined
  let line = 0
  for await (const lines of readLines(file)) {
    const rows: CsvRow[] = []
    for (const text of lines) {
      line += 1
      if (table === undefined) table = readHeader(file, text, columns)
      else if (text !== '') rows.push(readRow(table, text, line))
    }
    if (rows.length > 0) yield rows
  }
  if (table === undefined) throw new FileProblem(`${file}: is empty, expected a header line with ${columns.join(', ')}`)
}

function readHeader(file: string, text: string, wanted: readonly string[]): Table {
  const names = split(text) ?? []
  const missing = wanted.filter((column) => !names.includes(column))
  if (missing.length > 0) throw new FileProblem(`${file}:1: the header has no column ${missing.join(', ')}; it has ${names.join(', ').slice(0, 400)}`)
  return { file, width: names.length, columns: new Map(wanted.map((column) => [column, names.indexOf(column)])) }
}

function readRow(table: Table, text: string, line: number): CsvRow {
  const fields = split(text)
  if (fields === undefined) throw new FileProblem(`${table.file}:${line}: a quote does not end on this line`)
  if (fields.length !== table.width) throw new FileProblem(`${table.file}:${line}: has ${fields.length} fields, the header has ${table.width}`)
  return new CsvRow(table, fields, line)
}

/** The fields of a line; undefined when a quote stays open. */
function split(text: string): string[] | undefined {
  return text.includes('"') ? splitQuoted(text) : text.split(',')
}

function splitQuoted(text: string): string[] | undefined {
  const fields: string[] = []
  for (let at = 0; ;) {
    if (text[at] !== '"') {
      const end = text.indexOf(',', at)
      fields.push(text.slice(at, end < 0 ? text.length : end))
      if (end < 0) return fields
      at = end + 1
      continue
    }
    let end = at
    do {
      end = text.indexOf('"', end + 1)
      if (end < 0) return undefined
    } while (text[end + 1] === '"' && ++end > 0)
    fields.push(text.slice(at + 1, end).replaceAll('""', '"'))
    if (end + 1 >= text.length) return fields
    at = end + 2
  }
}

const UTC_TIME = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d{1,9})?Z?$/

function utcTime(text: string): number | undefined {
  const match = UTC_TIME.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction] = match
  const timeMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  // 31 June and 25 o'clock come out as another day.
  const isReal = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 && new Date(timeMs).getUTCDate() === Number(day) && Number(month) <= 12
  return isReal ? timeMs + (fraction === undefined ? 0 : Math.floor(Number(fraction) * 1000)) : undefined
}

// Expected features: decisions compared with a file of published values (`--expect`), column by column.
import { readCsv } from '../../adapters/files/csv.ts'
import type { Expectation, OutputReader } from '../../system/authoring/scenario.ts'
import { thousands } from '../text.ts'

const TOLERANCE = 1e-9
const EXAMPLES_MAX = 10

/** Column of the file -> feature of a decision. */
const COLUMNS: readonly (readonly [column: string, feature: string])[] = [
  ['TX_DURING_WEEKEND', 'weekend'],
  ['TX_DURING_NIGHT', 'night'],
  ...[1, 7, 30].flatMap((days): [string, string][] => [
    [`CUSTOMER_ID_NB_TX_${days}DAY_WINDOW`, `cardCount${days}d`],
    [`CUSTOMER_ID_AVG_AMOUNT_${days}DAY_WINDOW`, `cardMean${days}d`],
  ]),
  ...[1, 7, 30].flatMap((days): [string, string][] => [
    [`TERMINAL_ID_NB_TX_${days}DAY_WINDOW`, `terminalCount${days}d`],
    [`TERMINAL_ID_RISK_${days}DAY_WINDOW`, `terminalRisk${days}d`],
  ]),
]

interface Expected {
  readonly values: Float64Array
  seen: number
  isDifferent: boolean
}

/** Compares every row of the file with the decision of the same transaction. A row without exactly one decision is different. */
export async function compareFeatures(file: string, reader: OutputReader): Promise<Expectation> {
  const rows = await readExpected(file)
  const examples: string[] = []
  const note = (row: Expected, text: string): void => {
    row.isDifferent = true
    if (examples.length < EXAMPLES_MAX) examples.push(text)
  }
  for await (const { event } of reader.outputs('decisions')) {
    const id = String(event['transactionId'])
    const row = rows.get(id)
    if (row === undefined) continue
    row.seen += 1
    if (row.seen > 1) note(row, `transaction ${id}: has more than one decision`)
    else for (const text of differences(row.values, event['features'])) note(row, `transaction ${id}: ${text}`)
  }
  for (const [id, row] of rows) if (row.seen === 0) note(row, `transaction ${id}: has no decision`)
  const different = [...rows.values()].filter(({ isDifferent }) => isDifferent).length
  return {
    compared: rows.size, different, examples,
    summary: `${COLUMNS.length} features of ${thousands(rows.size)} rows compared with ${file}: ${different === 0 ? 'all equal' : `${thousands(different)} rows different`}`,
  }
}

async function readExpected(file: string): Promise<Map<string, Expected>> {
  const expected = new Map<string, Expected>()
  for await (const rows of readCsv(file, ['TRANSACTION_ID', ...COLUMNS.map(([column]) => column)])) {
    for (const row of rows) {
      const id = row.text('TRANSACTION_ID')
      if (expected.has(id)) throw row.problem('TRANSACTION_ID', `'${id}' stands there twice`)
      expected.set(id, { values: Float64Array.from(COLUMNS, ([column]) => row.number(column)), seen: 0, isDifferent: false })
    }
  }
  return expected
}

function differences(values: Float64Array, features: unknown): readonly string[] {
  const ours = (features ?? {}) as Readonly<Record<string, unknown>>
  return COLUMNS.flatMap(([column, feature], i) => {
    const [our, published] = [ours[feature], values[i]!]
    if (typeof our === 'number' && Math.abs(our - published) <= TOLERANCE * Math.max(1, Math.abs(published))) return []
    return [`${column} is ${String(our)}, published is ${published}`]
  })
}

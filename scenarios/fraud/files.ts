// Payments of a file in the format of the Fraud Detection Handbook, plain or gzip. Times are UTC.
import { readCsv } from '../../adapters/files/csv.ts'
import type { CsvRow } from '../../adapters/files/csv.ts'
import type { Payment, Payments } from './payment.ts'

const COLUMNS = ['TRANSACTION_ID', 'TX_DATETIME', 'CUSTOMER_ID', 'TERMINAL_ID', 'TX_AMOUNT', 'TX_FRAUD']
const FRAUD = ['0', '1'] as const

/** Reads the file once per iteration. Rows must ascend in time; throws FileProblem for what it cannot take. */
export function filePayments(file: string): Payments {
  return async function* () {
    let newestMs = -Infinity
    for await (const rows of readCsv(file, COLUMNS)) {
      yield rows.map((row) => {
        const payment = paymentOf(row)
        if (payment.timeMs < newestMs) throw row.problem('TX_DATETIME', 'is before the row above it; sort the file by time')
        newestMs = payment.timeMs
        return payment
      })
    }
  }
}

function paymentOf(row: CsvRow): Payment {
  return {
    transactionId: row.text('TRANSACTION_ID'),
    timeMs: row.time('TX_DATETIME'),
    cardId: row.text('CUSTOMER_ID'),
    terminalId: row.text('TERMINAL_ID'),
    amount: row.number('TX_AMOUNT'),
    fraud: row.oneOf('TX_FRAUD', FRAUD) === '1' ? 1 : 0,
  }
}

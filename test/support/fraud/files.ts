// The real transactions and their published feature values, where they are present; else generated ones in the same format.
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readLines } from '../../../adapters/files/lines.ts'

const folder = process.env['STATELOG_DATA'] ?? join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data')

export interface RealFiles {
  readonly transactions: string
  readonly features: string
}

/** Undefined where the files are not: STATELOG_DATA, or ../shared/data beside the repository. */
export function realFiles(): RealFiles | undefined {
  const transactions = join(folder, 'transactions-2018-04-01..2018-08-14.csv.gz')
  const features = join(folder, 'features-2018-07-25..2018-07-31.csv.gz')
  return existsSync(transactions) && existsSync(features) ? { transactions, features } : undefined
}

/** Writes the first `count` transactions of a file to another. */
export async function head(file: string, count: number, to: string): Promise<void> {
  const kept: string[] = []
  for await (const lines of readLines(file)) {
    kept.push(...lines)
    if (kept.length > count) break
  }
  await writeFile(to, `${kept.slice(0, count + 1).join('\n')}\n`)
}

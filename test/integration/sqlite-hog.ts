// Another process that holds the write lock of a data folder from each line 'hold' to the line 'free', and says when it does. argv: data folder.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createInterface } from 'node:readline'

const [, , folder = ''] = process.argv
const db = new DatabaseSync(join(folder, 'log.sqlite'), { timeout: 10_000 })
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  db.exec(line === 'hold' ? 'BEGIN IMMEDIATE' : 'ROLLBACK')
  process.stdout.write(`${line}\n`)
}
db.close()

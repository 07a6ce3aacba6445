// Brings an index of the ledger's accounts up to date, and dies on the way: before or after the place of its nth batch is written, in the middle of the
// transaction. With nth 0 it does not die.
import { DatabaseSync } from 'node:sqlite'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { systemClock } from '../../adapters/node/clock.ts'
import { openEntityIndex } from '../../adapters/sqlite/entity-index.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import { IndexFeeder } from '../../system/inspect/index-feeder.ts'
import { planSystem } from '../../system/partition/topology.ts'
import { ledger } from '../support/crash/system.ts'

const [folder = '', file = '', partitions = '', point = '', nth = ''] = process.argv.slice(2)

let left = Number(nth)
const prepare = DatabaseSync.prototype.prepare
DatabaseSync.prototype.prepare = function (sql: string) {
  const statement = prepare.call(this, sql)
  if (!sql.includes('INTO places')) return statement
  const run = statement.run.bind(statement) as (...values: readonly unknown[]) => ReturnType<typeof statement.run>
  statement.run = ((...values: readonly unknown[]) => {
    left -= 1
    if (left === 0 && point === 'before') process.kill(process.pid, 'SIGKILL')
    const changes = run(...values)
    if (left === 0) process.kill(process.pid, 'SIGKILL')
    return changes
  }) as typeof statement.run
  return statement
}

const log = await openSqliteLog({ folder, mode: 'client', clock: systemClock })
const index = openEntityIndex(file)
const feeder = new IndexFeeder({ log, codec: cborCodec, clock: systemClock, index, stored: async () => undefined })
for (const plan of planSystem(ledger(Number(partitions), new Set())).values()) await feeder.round(plan)
await index.close()
await log.close()

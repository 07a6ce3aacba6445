// Another process that appends to a data folder which a runtime has open. argv: data folder, name, how many appends.
import { wallClock } from '../../adapters/memory/clock.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'

const [, , folder = '', name = '', appends = '0'] = process.argv
const log = await openSqliteLog({ folder, mode: 'client', clock: wallClock })
let failures = 0
for (let n = 0; n < Number(appends); n += 1) {
  const records = ['a', 'b'].map((half) => ({ topic: 'orders', partition: 0, key: null, value: new TextEncoder().encode(`${name} ${n} ${half}`), headers: [], timestampMs: n }))
  if ((await log.append(records)).kind !== 'done') failures += 1
}
await log.close()
process.exitCode = failures

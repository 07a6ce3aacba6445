// A process that commits to a data folder as fast as it can until it is killed. Prints one line for each round of commits.
// argv: data folder, which commit to die in (0 = none), bytes of a value (spaces behind its number).
import { wallClock } from '../../adapters/memory/clock.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import type { Lease } from '../../system/ports/log.ts'
import type { OutRecord } from '../../system/protocol/record.ts'

const PER_COMMIT = 20
const [, , folder = '', crashAt = '0', bytes = '0'] = process.argv
const nth = Number(crashAt)
const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock, ...(nth > 0 ? { crash: { point: 'mid-commit', nth, signal: 'SIGKILL' } } : {}) })
await log.ensureTopics([
  { name: 'orders', partitions: 3, cleanup: 'delete' },
  { name: 'shipments', partitions: 3, cleanup: 'delete' },
  { name: 'stock', partitions: 3, cleanup: 'compact' },
])
await log.join({ group: 'app.order', topics: ['orders'], metadataTopic: 'orders' }, { assigned: (lease) => void commitForever(lease) })

async function commitForever(lease: Lease): Promise<void> {
  await lease.fence()
  let position = (await lease.committed())?.positions.get('orders') ?? 0
  for (;;) {
    const records: OutRecord[] = []
    for (let n = position; n < position + PER_COMMIT; n += 1) {
      const value = new TextEncoder().encode(String(n).padEnd(Number(bytes)))
      records.push({ topic: 'shipments', partition: lease.partition, key: null, value, headers: [], timestampMs: n })
      records.push({ topic: 'stock', partition: lease.partition, key: new TextEncoder().encode(`item ${n % 7}`), value, headers: [], timestampMs: n })
    }
    position += PER_COMMIT
    const outcome = await lease.commit({ records, positions: new Map([['orders', position]]), metadata: String(position) })
    process.stdout.write(`${outcome.kind} ${lease.partition} ${position}\n`)
  }
}

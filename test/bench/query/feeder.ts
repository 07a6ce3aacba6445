// Feeds: appends W1's events to a folder at a rate, in a process of its own, as a producer beside the runtime would, until it is ended. Job in.
import { openSqliteLog } from '../../../adapters/sqlite/log.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import type { Workload } from '../w1/events.ts'
import { recordOf } from '../w1/load.ts'

export interface FeederJob {
  readonly folder: string
  readonly workload: Workload
  readonly eventsPerSecond: number
}

const SLICE_MS = 5
/** What is not taken by then is not sent on top: the log is behind. */
const UNDER_WAY_MAX = 8

const { folder, workload, eventsPerSecond } = JSON.parse(process.argv[2] ?? '') as FeederJob
const log = await openSqliteLog({ folder, mode: 'client', clock: systemClock })
process.stdout.write('{"ready":true}\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
let isOver = false
let appended = 0
let underWay = 0
process.once('SIGTERM', () => (isOver = true))
const seqs = new Uint32Array(workload.accounts)
const startMs = performance.now()
for (let sent = 0; !isOver; await systemClock.sleep(SLICE_MS)) {
  if (underWay >= UNDER_WAY_MAX) continue
  const due = Math.floor(((performance.now() - startMs) / 1000) * eventsPerSecond)
  const records = []
  for (; sent < due; sent += 1) records.push(recordOf(workload, sent, seqs))
  if (records.length === 0) continue
  underWay += 1
  void log.append(records).then(() => {
    underWay -= 1
    appended += records.length
  })
}
process.stdout.write(`${JSON.stringify({ perSecond: Math.round(appended / ((performance.now() - startMs) / 1000)) })}\n`)
process.exit()

// Load: puts a workload into a log, keyed and partitioned as any producer would.
import { partitionOf } from '../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../system/protocol/utf8.ts'
import type { OutRecord } from '../../../system/protocol/record.ts'
import type { Log } from '../../../system/ports/log.ts'
import { accountName, paymentAt, writeValue } from './events.ts'
import type { Workload } from './events.ts'
import { PARTITIONS, SOURCE } from './system.ts'

const APPEND_RECORDS = 4000

export async function loadWorkload(log: Log, workload: Workload, topic = SOURCE): Promise<void> {
  await log.ensureTopics([{ name: topic, partitions: PARTITIONS, cleanup: 'delete' }])
  const seqs = new Uint32Array(workload.accounts)
  for (let from = 0; from < workload.events; from += APPEND_RECORDS) {
    const records: OutRecord[] = []
    for (let i = from; i < Math.min(workload.events, from + APPEND_RECORDS); i += 1) records.push({ ...recordOf(workload, i, seqs), topic })
    const outcome = await log.append(records)
    if (outcome.kind !== 'done') throw new TypeError(`the workload was not taken: ${outcome.reason}`)
  }
}

export function recordOf(workload: Workload, i: number, seqs: Uint32Array): OutRecord {
  const payment = paymentAt(workload, i)
  const seq = (seqs[payment.account] ?? 0) + 1
  seqs[payment.account] = seq
  const key = utf8Encode(accountName(payment.account))
  return { topic: SOURCE, partition: partitionOf(key, PARTITIONS), key, value: writeValue(seq, payment), headers: [], timestampMs: payment.time }
}

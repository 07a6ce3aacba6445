// Judgement: everything that stands on the cluster, read by kcat, recomputed from the input by the checker.
import { wallClock } from '../../adapters/memory/clock.ts'
import { KAFKA_CLIENTS, openCluster } from '../../adapters/node/medium.ts'
import type { KafkaMedium } from '../../adapters/node/medium.ts'
import { check } from '../support/chaos/checker.ts'
import type { Report } from '../support/chaos/checker-report.ts'
import { groupTopics } from '../support/chaos/checker-types.ts'
import type { GivenAnswer } from '../support/chaos/deaths.ts'
import { TIME_FACTOR } from '../support/chaos/clocks.ts'
import { dumpLog } from '../support/chaos/dump.ts'
import type { LogDump } from '../support/chaos/dump.ts'
import { KcatFailed, kcatMissing, kcatReader } from '../support/chaos/kcat.ts'
import { SESSION_MS, VARIANT } from './setting.ts'

export interface Judgement {
  readonly report: Report
  readonly dump: LogDump
  /** Records of sources, and how many different keys they have. */
  readonly inputs: number
  readonly keys: number
}

const SOURCES = ['moves', 'rates']

/** Records come by kcat; committed positions by the client that the run did not use. */
export async function judge(medium: KafkaMedium, answers: readonly GivenAnswer[]): Promise<Judgement> {
  const reader = kcatReader(medium)
  if (reader === undefined) throw new KcatFailed(kcatMissing())
  const log = await openCluster({ ...medium, client: KAFKA_CLIENTS.find((client) => client !== medium.client) ?? KAFKA_CLIENTS[0] }, wallClock)
  try {
    const dump = await dumpLog(log, groupTopics(VARIANT), reader)
    const records = SOURCES.flatMap((topic) => (dump.topics.get(topic) ?? []).flat())
    const keys = new Set(SOURCES.flatMap((topic) => (dump.topics.get(topic) ?? []).flat().map(({ key }) => `${topic} ${Buffer.from(key ?? []).toString('latin1')}`)))
    return { report: check(dump, { variant: VARIANT, isFinished: true, answers: { all: answers, proofMsMax: (SESSION_MS / 2) * TIME_FACTOR } }), dump, inputs: records.length, keys: keys.size }
  } finally {
    await log.close()
  }
}

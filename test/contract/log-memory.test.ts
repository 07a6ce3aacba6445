import { memoryLog } from '../../adapters/memory/log.ts'
import type { LogUnderTest, LogWish } from './log-fixture.ts'
import { logContract } from './log.ts'

async function create(keyed: boolean, { recordBytesMax }: LogWish): Promise<LogUnderTest> {
  const log = memoryLog({ keyed, recordBytesMax })
  return { log, other: log.peer(), close: () => log.close() }
}

logContract('memory log', (wish) => create(false, wish))
logContract('memory log with keyed reads', (wish) => create(true, wish))

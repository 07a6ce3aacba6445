// The contract of the log port (L1-L6): stated once, run for every driver.
import { logCommits } from './log-commits.ts'
import type { CreateLog } from './log-fixture.ts'
import { logPolls } from './log-polls.ts'
import { logReads } from './log-reads.ts'

export function logContract(name: string, create: CreateLog): void {
  logCommits(name, create)
  logReads(name, create)
  logPolls(name, create)
}

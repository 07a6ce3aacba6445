// Which log a command works on: that of a data folder, or that of a cluster by its brokers, where no folder here remembers it.
import { planSystem } from '../../system/partition/topology.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import { systemClock } from '../node/clock.ts'
import type { CommittedLog } from '../node/look.ts'
import { openBeside, whereOf } from '../node/medium.ts'
import { holderOf } from '../sqlite/lock.ts'
import type { Flags, FlagValues } from './arguments.ts'
import { CLUSTER_FLAGS, mediumFrom } from './cluster-flags.ts'
import { shown, withFolder } from './data-folder.ts'
import { UsageError } from './exit-codes.ts'
import { systemNamed } from './target.ts'
import { typed } from './run-summary.ts'

const { redis: _redis, kafka, ...CLUSTER } = CLUSTER_FLAGS

export const LOG_FLAGS: Flags = {
  kafka: { ...kafka, value: 'brokers', help: 'the brokers of a cluster on which the system runs, from wherever this is called: host:port, several with commas between' },
  ...CLUSTER,
  system: { value: 'scenario|file', help: 'with --kafka: the system that runs there' },
}

export interface OpenLog {
  readonly log: CommittedLog
  readonly plans: ReadonlyMap<string, TypePlan>
  /** For people: where its log is. */
  readonly where: string
  /** For people: how it is run again where nobody runs it. Undefined where somebody does, or may. */
  readonly rerun: string | undefined
}

/** Works on the log that the flags name, then closes it. Throws OperationError, UsageError. */
export async function withLog<T>(flags: FlagValues, work: (open: OpenLog) => Promise<T>): Promise<T> {
  const medium = mediumFrom(flags)
  const named = flags.text('system')
  if (medium.kind === 'embedded') {
    if (named !== undefined) throw new UsageError('--system goes with --kafka')
    return withFolder(flags.text('folder'), ({ medium: own, folder, manifest, log, plans }) => {
      // On a cluster nobody here knows whether it runs.
      const isAtRest = own.kind === 'embedded' && holderOf(folder) === undefined
      return work({ log, plans, where: shown(folder), rerun: isAtRest ? typed(`statelog run ${manifest.target}`, folder) : undefined })
    })
  }
  // A folder's own cluster, namespace and rights may be others.
  if (named === undefined || flags.has('folder')) throw new UsageError('--kafka goes with --system <scenario | file>, and without --folder: a folder remembers its own cluster')
  const system = await systemNamed(named)
  const plans = planSystem(system)
  const log = await openBeside(medium, '', systemClock)
  try {
    const there = new Map((await log.topics()).map(({ name, partitions }) => [name, partitions]))
    for (const { inbox, partitions } of plans.values()) {
      const found = there.get(inbox)
      if (found === undefined) throw new OperationError('system/absent', `there is no topic ${inbox} ${whereOf(medium, '')}: does ${system.name} run there, and under this --namespace?`)
      if (found !== partitions) throw new OperationError('system/partitions', `topic ${inbox} has ${found} partitions ${whereOf(medium, '')}, and ${system.name} is defined with ${partitions}: name the file that runs there`)
    }
    return await work({ log, plans, where: `${system.name} ${whereOf(medium, '')}`, rerun: undefined })
  } finally {
    await log.close()
  }
}

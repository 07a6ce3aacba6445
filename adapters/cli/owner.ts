// Owner: one entity asked of whoever runs its partition, over NATS, instead of read from a data folder.
import type { SystemDefinition } from '../../system/authoring/system.ts'
import { QueryClient } from '../../system/node/query-client.ts'
import { planSystem } from '../../system/partition/topology.ts'
import type { EntityAnswer } from '../../system/partition/view.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import { cborCodec } from '../cbor/codec.ts'
import { systemClock, systemRandom } from '../node/clock.ts'
import { openNats } from '../node/query-service.ts'
import type { QueryService } from '../node/query-service.ts'
import { planOf } from './entity-words.ts'

/** Throws OperationError with the last reason when no owner has answered within the deadline; UsageError for a type that the system does not have. */
export async function askOwner(system: SystemDefinition, type: string, id: string, service: QueryService, deadlineMs: number): Promise<EntityAnswer> {
  const plans = planSystem(system)
  planOf(plans, type)
  const rpc = await openNats(service, 'statelog get', () => {})
  try {
    const answer = await new QueryClient({ rpc, clock: systemClock, random: systemRandom }, cborCodec, plans).get(type, id, { deadlineMs })
    if (answer.kind === 'state') return { type, id, ...answer.at, code: answer.code, watermarkMs: answer.watermarkMs, entity: answer.entity }
    throw new OperationError('query/unanswered', `${type} '${id}' of ${system.name}: ${answer.reason}`)
  } finally {
    await rpc.close()
  }
}

// Query service: the entities of this runtime, asked from other processes over NATS.
import type { Rpc } from '../../system/ports/rpc.ts'
import type { Telemetry } from '../../system/ports/telemetry.ts'

/** Plain data: each thread connects for itself. */
export interface QueryService {
  /** `nats://host:4222`, see adapters/nats. */
  readonly url: string
  /** First tokens of every subject; undefined: the default. */
  readonly prefix: string | undefined
}

/** Undefined: nobody asked for it. The NATS client is not even loaded then. */
export async function openQueryService(service: QueryService | undefined, telemetry: Telemetry): Promise<Rpc | undefined> {
  if (service === undefined) return undefined
  const { openNatsRpc } = await import('../nats/rpc.ts')
  const { url, prefix } = service
  return openNatsRpc({ url, ...(prefix === undefined ? {} : { prefix }), onState: (message) => telemetry.log('warn', message) })
}

// Static membership: kafkajs' requests have room for an instance id, and its brokers leave it out.
//
// Owns nothing. What is relied on stands in `internals.ts`' test.
import type { GroupMember } from 'kafkajs'

interface Closing {
  disconnect(): Promise<void>
}

interface Requesting {
  lookupRequest(api: number, versions: unknown): (fields: object) => unknown
}

/** The broker, as an instance speaks to its group through it; null: as anybody does. */
export function speakingAs<T extends Closing>(instanceId: string | null, broker: T): T {
  if (instanceId === null) return broker
  const asked = broker as unknown as Requesting
  const named: Requesting = {
    lookupRequest: (api, versions) => {
      const request = asked.lookupRequest(api, versions)
      return (fields) => request({ ...fields, groupInstanceId: instanceId })
    },
  }
  // What it remembers of itself stays its own.
  return Object.assign(Object.create(broker) as T, named, { disconnect: () => broker.disconnect() })
}

/** Of a member that the leader is told of. */
export const instanceOf = (member: GroupMember): string | null => (member as { readonly groupInstanceId?: string | null }).groupInstanceId ?? null

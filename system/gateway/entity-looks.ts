// Entity looks: entities as the log has them, folded again only where their partition's journal has gone on.
//
// Owns: what was seen of the entities that were looked at last, LOOKS_KEPT of them.
import { patientLog } from '../inspect/patient-log.ts'
import { queryEntity } from '../inspect/query.ts'
import type { Waiting } from '../node/query-client.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { EntityAnswer } from '../partition/view.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { EntityId } from '../protocol/ids.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'

interface LookPorts {
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
}

interface Look {
  readonly answer: EntityAnswer
  /** Of the journal, before it was read. */
  readonly end: number
}

const LOOKS_KEPT = 100

export class EntityLooks {
  readonly #ports: LookPorts
  readonly #newest = new Map<string, Look>()

  constructor(ports: LookPorts) {
    this.#ports = ports
  }

  /** Throws OutOfTime, and as `queryEntity`. */
  async at(plan: TypePlan, id: EntityId, waiting: Waiting): Promise<EntityAnswer> {
    const { log: whole, codec, clock } = this.#ports
    const name = `${plan.group}/${id}`
    const seen = this.#newest.get(name)
    const log = patientLog(whole, clock, waiting)
    const end = await log.offsetsAt(plan.journal, partitionOf(utf8Encode(id), plan.partitions), 'latest')
    // A log that shows less than before shows less than it has.
    const answer = seen !== undefined && end <= seen.end ? seen.answer : await queryEntity(log, codec, plan, id)
    this.#keep(name, { answer, end: Math.max(end, seen?.end ?? 0) })
    return answer
  }

  #keep(name: string, look: Look): void {
    this.#newest.delete(name)
    this.#newest.set(name, look)
    const [oldest] = this.#newest.keys()
    if (this.#newest.size > LOOKS_KEPT && oldest !== undefined) this.#newest.delete(oldest)
  }
}

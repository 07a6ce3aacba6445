// Entity looks: entities as the log has them, folded again only where their partition's journal has gone on.
//
// Owns: what was seen of the entities that were looked at last, LOOKS_KEPT of them. What is told of one never goes back within a life of its partition (I12).
import { OwnKeys } from '../inspect/own-keys.ts'
import { patientLog } from '../inspect/patient-log.ts'
import { queryEntity } from '../inspect/query.ts'
import type { Looking } from '../inspect/shown-states.ts'
import { isBefore } from '../node/query-client.ts'
import type { Waiting } from '../node/query-client.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { EntityAnswer } from '../partition/view.ts'
import type { EntityId } from '../protocol/ids.ts'
import { FOLLOWED_MAX } from '../protocol/limits.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'

interface Look {
  readonly answer: EntityAnswer
  /** Of the journal, before it was read. */
  readonly end: number
}

/** Of whom is followed, or all of them would be read again at each look; and some more. */
const LOOKS_KEPT = FOLLOWED_MAX + 100
/** Reading states goes on for so long, whoever waits for it, ms. */
const READ_MS_MAX = 30_000

export class EntityLooks {
  readonly #ports: Looking
  readonly #newest = new Map<string, Look>()
  readonly #own: OwnKeys

  constructor(ports: Looking) {
    this.#ports = ports
    this.#own = new OwnKeys(() => patientLog(ports.log, ports.clock, { deadlineMs: READ_MS_MAX }), ports.clock)
  }

  /** Throws OutOfTime, and as `queryEntity`. */
  async at(plan: TypePlan, id: EntityId, waiting: Waiting): Promise<EntityAnswer> {
    const { log: whole, clock } = this.#ports
    const name = `${plan.group}/${id}`
    const log = patientLog(whole, clock, waiting)
    const end = await log.offsetsAt(plan.journal, partitionOf(utf8Encode(id), plan.partitions), 'latest')
    if (end === this.#newest.get(name)?.end) return this.#keep(name, this.#newest.get(name) as Look)
    const answer = await queryEntity({ ...this.#ports, log, own: this.#own }, plan, id)
    // Another look may have seen more meanwhile; and a log that shows less than before shows less than it has, unless it was begun anew.
    const seen = this.#newest.get(name)
    return this.#keep(name, seen !== undefined && seen.answer.life === answer.life && isBefore(answer, seen.answer) ? seen : { answer, end })
  }

  #keep(name: string, look: Look): EntityAnswer {
    this.#newest.delete(name)
    this.#newest.set(name, look)
    const [oldest] = this.#newest.keys()
    if (this.#newest.size > LOOKS_KEPT && oldest !== undefined) this.#newest.delete(oldest)
    return look.answer
  }
}

// Entity looks: entities as the log has them, folded again only where their partition's journal has gone on.
//
// Owns: what was seen of the entities that were looked at last, LOOKS_KEPT of them or LOOKS_BYTES_MAX. What is told of one never goes back within a life of its
// partition (I12); a journal that shows nothing is no other life, until it is no more (`shortages.ts`).
import { OwnKeys } from '../inspect/own-keys.ts'
import { patientLog } from '../inspect/patient-log.ts'
import { sizedEntity } from '../inspect/query.ts'
import { Shortages } from '../inspect/shortages.ts'
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
  /** Estimated memory. */
  readonly bytes: number
}

/** Of whom is followed, or all of them would be read again at each look; and some more. */
const LOOKS_KEPT = FOLLOWED_MAX + 100
const LOOKS_BYTES_MAX = 128 << 20
/** Reading states goes on for so long, whoever waits for it, ms. */
const READ_MS_MAX = 30_000

export class EntityLooks {
  readonly #ports: Looking
  readonly #newest = new Map<string, Look>()
  readonly #own: OwnKeys
  readonly #shortages: Shortages
  readonly #bytesMax: number
  #bytes = 0

  constructor(ports: Looking, bytesMax = LOOKS_BYTES_MAX) {
    this.#ports = ports
    this.#bytesMax = bytesMax
    this.#shortages = new Shortages(ports.clock)
    this.#own = new OwnKeys(() => patientLog(ports.log, ports.clock, { deadlineMs: READ_MS_MAX }), ports.clock)
  }

  /** Throws OutOfTime, and as `queryEntity`. */
  async at(plan: TypePlan, id: EntityId, waiting: Waiting): Promise<EntityAnswer> {
    const { log: whole, clock } = this.#ports
    const name = `${plan.group}/${id}`
    const log = patientLog(whole, clock, waiting)
    const partition = partitionOf(utf8Encode(id), plan.partitions)
    const end = await log.offsetsAt(plan.journal, partition, 'latest')
    const known = this.#newest.get(name)
    if (known?.end === end) {
      this.#showsNothing(plan, partition, known.answer)
      return this.#keep(name, known)
    }
    const look = { ...await sizedEntity({ ...this.#ports, log, own: this.#own }, plan, id), end }
    // Another look may have seen more meanwhile; and a log that shows less than before shows less than it has, unless it was begun anew.
    const seen = this.#newest.get(name)
    const isHidden = this.#showsNothing(plan, partition, look.answer)
    const isAnew = seen !== undefined && look.answer.life !== seen.answer.life && !isHidden
    return this.#keep(name, seen === undefined || isAnew || (look.answer.life === seen.answer.life && !isBefore(look.answer, seen.answer)) ? look : seen)
  }

  /** A journal that may have something. */
  #showsNothing({ journal }: TypePlan, partition: number, { life }: EntityAnswer): boolean {
    return this.#ports.log.keyed === undefined && this.#shortages.at(journal, partition, 1, life === '' ? 0 : 1) === 'hidden'
  }

  #keep(name: string, look: Look): EntityAnswer {
    this.#bytes += look.bytes - (this.#newest.get(name)?.bytes ?? 0)
    this.#newest.delete(name)
    this.#newest.set(name, look)
    for (const [oldest, { bytes }] of this.#newest) {
      if (oldest === name || (this.#newest.size <= LOOKS_KEPT && this.#bytes <= this.#bytesMax)) break
      this.#bytes -= bytes
      this.#newest.delete(oldest)
    }
    return look.answer
  }
}

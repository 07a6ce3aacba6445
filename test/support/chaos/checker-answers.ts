// I12: what a process answered about an entity is what the fold says of the very commit that the answer names, and nobody answers any more when its
// last proof of ownership is too old. A proof is older than the next owner's lease record: so the answers of an owner that was come to an end in time.
import { isDeepStrictEqual } from 'node:util'
import type { Entry } from './checker-codec.ts'
import { isBlank } from './checker-entity.ts'
import type { PlainEntity } from './checker-entity.ts'
import type { Report } from './checker-report.ts'
import type { PlainType } from './checker-types.ts'
import type { GivenAnswer } from './deaths.ts'

export interface GivenAnswers {
  readonly all: readonly GivenAnswer[]
  /** How old a proof of ownership may be, in the workload's time. */
  readonly proofMsMax: number
}

/** The answers of one partition, judged commit by commit while it is folded. */
export class AnswerJudge {
  readonly #at: string
  readonly #type: PlainType
  readonly #report: Report
  readonly #left = new Map<number, GivenAnswer[]>()

  constructor({ all, proofMsMax }: GivenAnswers, type: PlainType, partition: number, entries: readonly Entry[], report: Report) {
    this.#at = `${type.group}/${partition}`
    this.#type = type
    this.#report = report
    const leases = new Map(entries.filter(({ kind }) => kind === 'lease').map(({ epoch, nowMs }) => [epoch, nowMs]))
    for (const answer of all) {
      if (answer.group !== type.group || answer.partition !== partition) continue
      report.count('answers')
      const nextMs = leases.get(answer.epoch + 1) ?? Infinity
      if (answer.askedAtMs > nextMs + proofMsMax) this.#blame(answer, `was asked for ${answer.askedAtMs - nextMs} ms after epoch ${answer.epoch + 1} had begun, a proof lasts ${proofMsMax} ms`)
      this.#left.set(answer.seq, [...(this.#left.get(answer.seq) ?? []), answer])
    }
  }

  /** The entities stand as this record left them. */
  after(entry: Entry, entities: ReadonlyMap<string, PlainEntity>): void {
    for (const answer of this.#left.get(entry.seq) ?? []) {
      if (answer.life !== entry.life || answer.epoch !== entry.epoch) this.#blame(answer, `names life ${answer.life} and epoch ${answer.epoch}, the journal life ${entry.life} and epoch ${entry.epoch}`)
      const wanted = this.#viewOf(entities.get(answer.entity))
      if (!isDeepStrictEqual(answer.view, wanted)) this.#blame(answer, `shows ${JSON.stringify(answer.view)}, must be ${JSON.stringify(wanted)}`)
    }
    this.#left.delete(entry.seq)
  }

  /** Nothing was shown that was never committed. */
  end(): void {
    for (const answers of this.#left.values()) for (const answer of answers) this.#blame(answer, 'names a commit that is not there')
  }

  #viewOf(entity: PlainEntity | undefined): GivenAnswer['view'] {
    if (entity === undefined || isBlank(entity)) return null
    const { now, stopped } = entity
    return now === undefined ? { state: '', stopped } : { state: pathOf(this.#type.behaviour.value(now.state)), context: now.data, stopped }
  }

  #blame(answer: GivenAnswer, message: string): void {
    this.#report.blame('I12', `${this.#at}: the answer about '${answer.entity}' at seq ${answer.seq} ${message}`)
  }
}

/** As a configuration is written: names from the outside in. */
function pathOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value).map(([name, inner]) => `${name}.${pathOf(inner)}`).join(',')
}

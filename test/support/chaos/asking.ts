// Asking: a process asks itself for states of entities, as a caller would, and says what was answered; also just after it stood still.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import { answerQuery } from '../../../system/node/queries.ts'
import type { StatelogNode } from '../../../system/node/node.ts'
import type { QueryAnswer } from '../../../system/node/questions.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import type { Clock } from '../../../system/ports/clock.ts'
import { Unreachable } from '../../../system/protocol/failures.ts'
import { parseEntityId } from '../../../system/protocol/ids.ts'
import type { EntityId } from '../../../system/protocol/ids.ts'
import { partitionOf } from '../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../system/protocol/utf8.ts'
import { say } from './deaths.ts'
import type { GivenAnswer } from './deaths.ts'

export interface AskOptions {
  readonly node: StatelogNode
  readonly plans: ReadonlyMap<string, TypePlan>
  /** The workload's: what answers are dated by. Proofs of ownership are in the machine's time. */
  readonly clock: Clock
  readonly sessionMs: number
}

const EVERY_MS = 40
/** Accounts and pools that are busy: the first ones. */
const ASKED_OF = 25

/** Until the returned function is called, which resolves when nothing is asked any more. */
export function askAgainAndAgain(options: AskOptions): () => Promise<void> {
  const stopped = new AbortController()
  const asking = (async () => {
    for (let asked = 1; !stopped.signal.aborted; asked += 1) {
      await ask(options, asked % 2 === 0 ? 'account' : 'pool', Math.floor(asked / 2) % ASKED_OF)
      await systemClock.sleep(EVERY_MS, stopped.signal)
    }
  })()
  return () => {
    stopped.abort()
    return asking
  }
}

async function ask({ node, plans, clock, sessionMs }: AskOptions, type: string, nth: number): Promise<void> {
  const plan = plans.get(type)
  const id = parseEntityId(`${type}-${nth}`)
  if (plan === undefined || id === undefined) return
  const index = partitionOf(utf8Encode(id), plan.partitions)
  const partition = node.partition(type, index)
  if (partition === undefined) return
  const askedAtMs = clock.nowMs()
  const answer = await answerQuery(plan, partition, cborCodec, systemClock, sessionMs, id).catch(unanswered)
  if (answer?.kind === 'state') say({ kind: 'answer', answer: givenAnswer(plan, id, askedAtMs, answer) })
}

/** Its state stands in a log that does not answer now: a caller is told so. */
function unanswered(thrown: unknown): undefined {
  if (!(thrown instanceof Unreachable)) throw thrown
}

export function givenAnswer({ group }: TypePlan, id: EntityId, askedAtMs: number, { at, entity }: Extract<QueryAnswer, { readonly kind: 'state' }>): GivenAnswer {
  return { askedAtMs, group, ...at, entity: id, view: entity === undefined ? null : { state: entity.configuration ?? '', ...(entity.context === undefined ? {} : { context: entity.context }), stopped: entity.status === 'stopped' } }
}

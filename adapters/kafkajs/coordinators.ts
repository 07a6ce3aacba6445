// Coordinators that a producer of transactions has found. kafkajs asks some broker who coordinates before each of its requests to one: four answers more to wait for in
// each transaction, which has five of its own.
//
// Owns: who was found, for each set of connections that has looked for a transaction's coordinator. Others look as before.
//
// C1. After any failure of a request to a coordinator it is looked for anew, but where it is busy with the transaction before.
// C2. What is refused because another one coordinates is sent to that one, once, as if it had been looked for just now. Not the end of a transaction, which is
//     sent once (L5 of `transaction.ts`).
import { codeOf } from './codes.ts'

const REQUESTS = ['initProducerId', 'addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'] as const
const OF_TRANSACTIONS = 1

type Requests = Readonly<Record<(typeof REQUESTS)[number], (request: object) => Promise<unknown>>>
type Coordinator = Requests & { readonly nodeId: string }

interface Wanted {
  readonly groupId: string
  readonly coordinatorType?: number
}

interface Seeker {
  findBroker(node: { readonly nodeId: string }): Promise<Coordinator>
}

export interface SeekerClass {
  readonly prototype: Seeker & { findGroupCoordinator(this: Seeker, wanted: Wanted): Promise<Coordinator> }
}

/** `watched` speaks to it. */
interface Found {
  readonly broker: Coordinator
  readonly watched: Coordinator
}

export function rememberCoordinators({ prototype }: SeekerClass): void {
  const look = prototype.findGroupCoordinator
  const known = new WeakMap<Seeker, Map<string, Found>>()
  prototype.findGroupCoordinator = async function (wanted) {
    if (wanted.coordinatorType === OF_TRANSACTIONS && !known.has(this)) known.set(this, new Map())
    const found = known.get(this)
    if (found === undefined) return look.call(this, wanted)
    const name = `${wanted.coordinatorType} ${wanted.groupId}`
    const last = found.get(name)
    // Connected again where it has to be.
    const broker = last === undefined ? undefined : await this.findBroker({ nodeId: last.broker.nodeId }).catch(() => undefined)
    if (last !== undefined && broker === last.broker) return last.watched
    const now = await look.call(this, wanted)
    const watched = watch(now, () => found.delete(name), () => look.call(this, wanted))
    found.set(name, { broker: now, watched })
    return watched
  }
}

function watch(broker: Coordinator, forget: () => void, lookAgain: () => Promise<Coordinator>): Coordinator {
  const watched = REQUESTS.map((name) => [name, async (request: object): Promise<unknown> => {
    try {
      return await broker[name](request)
    } catch (thrown) {
      const code = codeOf(thrown)
      if (code !== 'CONCURRENT_TRANSACTIONS') forget()
      if (name === 'endTxn' || code !== 'NOT_COORDINATOR_FOR_GROUP') throw thrown
      return (await lookAgain())[name](request)
    }
  }])
  return Object.assign(Object.create(broker) as Coordinator, Object.fromEntries(watched) as Requests)
}

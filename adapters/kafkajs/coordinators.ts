// Coordinators that a producer of transactions has found. kafkajs asks some broker who coordinates before each of its requests to one: four answers more to wait for in
// each transaction, which has five of its own.
//
// Owns: who was found, for each set of connections that has looked for a transaction's coordinator. Others look as before.
//
// C1. After any failure of a request to a coordinator it is looked for anew; where it is busy with the transaction before, once it has been so for BUSY_MS: one that was
//     replaced, and does not know, would be busy for ever.
// C2. What is refused because another one coordinates is sent to that one, once, as if it had been looked for just now. Not the end of a transaction, which is
//     sent once (L5 of `transaction.ts`), nor what asks for a producer id (C3).
// C3. A producer id that is not given yet, since the transaction before is ending or the coordinator is new, is asked for again soon, of whoever coordinates then: kafkajs
//     waits for 300, 600, 1,200 ms ..., whatever it is told. After INIT_MS_MAX the failure goes to whoever fences, past kafkajs: only that one knows whether it is still wanted.
// C4. Connections that were closed are asked for no producer id, until they are connected again: kafkajs goes on with what is under way, and connects for it.
import { setTimeout as sleep } from 'node:timers/promises'
import { Announced } from './announcements.ts'
import type { Announcement } from './announcements.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import { codeOf, isNotNow, messageOf } from './codes.ts'

const REQUESTS = ['initProducerId', 'addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'] as const
const OF_TRANSACTIONS = 1
const BUSY_MS = 500
const AGAIN_MS = 10
const AGAIN_MS_MAX = 40
const INIT_MS_MAX = 2000

type Requests = Readonly<Record<(typeof REQUESTS)[number], (request: object) => Promise<unknown>>>
type Coordinator = Requests & { readonly nodeId: string }

interface Wanted {
  readonly groupId: string
  readonly coordinatorType?: number
}

interface Seeker {
  connect(): Promise<unknown>
  disconnect(): Promise<unknown>
  findBroker(node: { readonly nodeId: string }): Promise<Coordinator>
}

export interface SeekerClass {
  readonly prototype: Seeker & { findGroupCoordinator(this: Seeker, wanted: Wanted): Promise<Coordinator> }
}

/** `watched` speaks to it; `once`: without asking again. */
interface Found {
  readonly broker: Coordinator
  readonly watched: Coordinator
  readonly once: Requests
}

/** `now`: of a monotonic clock, ms. */
export function rememberCoordinators({ prototype }: SeekerClass, now: () => number = () => performance.now(), pause: (ms: number) => Promise<unknown> = sleep): void {
  const { findGroupCoordinator: look, connect, disconnect } = prototype
  const closed = new WeakSet<Seeker>()
  const known = new WeakMap<Seeker, Map<string, Found>>()
  const seek = async (seeker: Seeker, wanted: Wanted, found: Map<string, Found>): Promise<Found> => {
    const name = `${wanted.coordinatorType} ${wanted.groupId}`
    const last = found.get(name)
    // Connected again where it has to be.
    const broker = last === undefined ? undefined : await seeker.findBroker({ nodeId: last.broker.nodeId }).catch(() => undefined)
    if (last !== undefined && broker === last.broker) return last
    const fresh = await look.call(seeker, wanted)
    const made = watch(fresh, { forget: () => found.delete(name), lookAgain: () => look.call(seeker, wanted), seek: () => seek(seeker, wanted, found), isClosed: () => closed.has(seeker), now, pause })
    found.set(name, made)
    return made
  }
  prototype.findGroupCoordinator = async function (wanted) {
    if (wanted.coordinatorType === OF_TRANSACTIONS && !known.has(this)) known.set(this, new Map())
    const found = known.get(this)
    return found === undefined ? look.call(this, wanted) : (await seek(this, wanted, found)).watched
  }
  prototype.connect = function () {
    closed.delete(this)
    return connect.call(this)
  }
  prototype.disconnect = function () {
    closed.add(this)
    return disconnect.call(this)
  }
}

interface Means {
  forget(): void
  lookAgain(): Promise<Coordinator>
  seek(): Promise<Found>
  isClosed(): boolean
  now(): number
  pause(ms: number): Promise<unknown>
}

function watch(broker: Coordinator, { forget, lookAgain, seek, isClosed, now, pause }: Means): Found {
  let busySinceMs: number | undefined
  const once = Object.fromEntries(REQUESTS.map((name) => [name, async (request: object): Promise<unknown> => {
    // Whatever becomes of it.
    if (name === 'endTxn' || name === 'initProducerId') announced.over()
    try {
      const answer = await broker[name](request)
      busySinceMs = undefined
      return answer
    } catch (thrown) {
      const code = codeOf(thrown)
      const nowMs = now()
      busySinceMs = code === 'CONCURRENT_TRANSACTIONS' ? busySinceMs ?? nowMs : undefined
      if (busySinceMs === undefined || nowMs - busySinceMs >= BUSY_MS) forget()
      if (name === 'endTxn' || name === 'initProducerId' || code !== 'NOT_COORDINATOR_FOR_GROUP') throw thrown
      return (await lookAgain())[name](request)
    }
  }])) as Requests
  const announced = new Announced((announcement) => once.addPartitionsToTxn(announcement))
  const initProducerId = async (request: object): Promise<unknown> => {
    const untilMs = now() + INIT_MS_MAX
    let asked = once
    for (let againMs = AGAIN_MS; ; againMs = Math.min(AGAIN_MS_MAX, againMs * 1.5)) {
      if (isClosed()) throw new OperationError('kafka/closed', 'the producer was closed')
      try {
        return await asked.initProducerId(request)
      } catch (thrown) {
        if (!isNotNow(codeOf(thrown))) throw thrown
        if (now() >= untilMs) throw new OperationError('kafka/fence', messageOf(thrown), thrown)
        await pause(againMs)
        asked = (await seek()).once
      }
    }
  }
  const watched = Object.assign(Object.create(broker) as Coordinator, once, { initProducerId, addPartitionsToTxn: (request: object) => announced.add(request as Announcement) })
  return { broker, watched, once }
}

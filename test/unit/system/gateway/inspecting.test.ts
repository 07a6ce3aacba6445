import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import type { EntityResult, Gateway, HistoryResult, Unavailable } from '../../../../system/gateway/gateway.ts'
import { inspect } from '../../../../system/gateway/inspecting.ts'
import type { Tail } from '../../../../system/gateway/inspecting.ts'
import type { HistoryEntry } from '../../../../system/inspect/history.ts'
import type { InspectionEvent } from '../../../../system/inspect/inspection.ts'
import { Gone } from '../../../../system/partition/range-reading.ts'
import { INSPECTED_MAX } from '../../../../system/protocol/limits.ts'
import { OperationError } from '../../../../system/protocol/failures.ts'
import { entityId } from '../../../support/partition/bench.ts'

const A = entityId('a')
const ASKED = { type: 'counter', id: A, entriesMax: 20, definition: undefined }

function seen(seq: number, { life = 'one', isThere = true } = {}): EntityResult {
  const entity = { value: 'counting', configuration: 'counting', context: { n: seq }, status: 'active' as const, changedSeq: seq, timers: [], tasks: [], held: [], expireAtMs: undefined, parked: undefined }
  return { kind: 'entity', answer: { type: 'counter', id: 'a', partition: 0, life, epoch: 1, seq, code: 'counter@1:0', watermarkMs: undefined, entity: isThere ? entity : undefined } }
}

const away: Unavailable = { kind: 'unavailable', type: 'counter', partition: 0, state: 'recovering', reason: 'so' }

const entry = (seq: number): HistoryEntry => ({
  seq, n: 0, timeMs: seq, processedMs: seq, event: { type: 'add' }, cause: `inbox-0-${seq}`, from: 'counting', to: 'counting', context: { n: seq }, machine: { value: 'counting', status: 'active' }, effects: [], scores: [], models: [], rows: [], verdict: undefined,
})

/** `add 5`: the event of commit 5; `(5)`: its snapshot; `!`: after a gap. */
function word(one: InspectionEvent | Unavailable): string {
  if ('kind' in one) return one.state
  const { seq, isAfterGap } = one.statelog
  const mark = isAfterGap === true ? '!' : ''
  if (one.type === '@xstate.actor') return `actor${mark}`
  return one.type === '@xstate.event' ? `add ${seq}${mark}` : `(${seq})${one.snapshot.status === 'stopped' ? ' stopped' : ''}${mark}`
}

const history = (seqs: readonly number[], seq: number, life = 'one'): HistoryResult => ({ kind: 'history', page: { type: 'counter', id: 'a', at: { partition: 0, life, epoch: 1, seq }, entries: seqs.map(entry).reverse(), inputs: new Map(), older: 'none', reason: '' } })

interface Answers {
  /** One after another; undefined: it cannot be read. */
  readonly histories: readonly (HistoryResult | undefined)[]
  /** Up to where each read of the tail comes; undefined: it cannot be read; 'unread': others are read first. */
  readonly reads?: readonly (number | 'unread' | undefined)[]
  /** Commits in which the entity took something. */
  readonly seqs?: readonly number[]
  readonly fromSeq?: number
}

/** What is told where these looks are seen, one after another. */
async function toldOf(looks: readonly EntityResult[], { histories, reads = [], seqs = [], fromSeq = 0 }: Answers): Promise<{ readonly told: readonly string[]; readonly reads: number; readonly tails: number; readonly letGo: readonly number[] }> {
  const clock = new SimulatedClock()
  let [asked, read, tails] = [0, 0, 0]
  const letGo: number[] = []
  const gateway: Pick<Gateway, 'follow' | 'history'> = {
    follow: async function* () {
      yield* looks
    },
    history: async () => histories[asked++] ?? Promise.reject(new OperationError('history-gone', 'it is gone')),
  }
  const openTail = (): Tail => {
    tails += 1
    return {
      read: async (_waiting, after) => {
        // The first begins it.
        const seq = after === undefined ? 0 : reads[read++]
        if (seq === 'unread') return { kind: 'unread', reason: 'others are read first' }
        if (seq === undefined) throw new Gone('it is gone')
        return { life: 'one', seq, fromSeq, entries: seqs.filter((one) => one > (after?.seq ?? -1) && one <= seq).map(entry) }
      },
      letGo: ({ seq }) => void letGo.push(seq),
    }
  }
  const told: string[] = []
  let isOver = false
  const reading = (async () => {
    for await (const one of inspect(gateway, openTail, clock, ASKED, new AbortController().signal)) told.push(word(one))
    isOver = true
  })()
  for (let turn = 0; !isOver && turn < 1000; turn += 1) {
    for (let more = 0; more < 30; more += 1) await Promise.resolve()
    clock.advance(500)
  }
  await reading
  return { told, reads: read, tails, letGo }
}

test('P1: what it took before, then each input once, in order; nothing is read where nothing is new', async () => {
  const { told, reads, letGo } = await toldOf([seen(3), seen(3), seen(5), away, seen(5), seen(9)], { histories: [history([1, 3], 3)], reads: [5, 9], seqs: [1, 3, 4, 5, 7, 8, 9] })
  assert.deepEqual([told, reads], [['actor', 'add 1', '(1)', 'add 3', '(3)', 'add 4', '(4)', 'add 5', '(5)', 'recovering', 'add 7', '(7)', 'add 8', '(8)', 'add 9', '(9)'], 2])
  assert.deepEqual(letGo, [3], 'of what its history has told the tail keeps nothing')
})

test('P1: what the tail does not reach back to leaves a mark; a new life of the partition begins with the actor', async () => {
  const gap = await toldOf([seen(3), seen(9)], { histories: [history([3], 3)], reads: [9], seqs: [3, 8, 9], fromSeq: 7 })
  assert.deepEqual(gap.told, ['actor', 'add 3', '(3)', 'add 8!', '(8)!', 'add 9', '(9)'])
  const hidden = await toldOf([seen(3), seen(9)], { histories: [history([3], 3)], reads: [9], seqs: [3], fromSeq: 9 })
  assert.deepEqual(hidden.told, ['actor', 'add 3', '(3)', '(9)!'], 'what it took is in its stored state alone')
  const anew = await toldOf([seen(9), seen(2, { life: 'two' })], { histories: [history([9], 9), history([1, 2], 2, 'two')] })
  assert.deepEqual(anew.told, ['actor', 'add 9', '(9)', 'actor', 'add 1', '(1)', 'add 2', '(2)'])
})

test('P1: what the owner was seen to have taken, and its history does not show yet, is told after it', async () => {
  const { told } = await toldOf([seen(5)], { histories: [history([3], 3)], reads: [3, 5], seqs: [3, 5] })
  assert.deepEqual(told, ['actor', 'add 3', '(3)', 'add 5', '(5)'])
})

test('P3: where it cannot be read, or not in time, what was seen is told in its place, and goes on from there', async () => {
  assert.deepEqual((await toldOf([seen(3), seen(5), seen(6)], { histories: [undefined], reads: [undefined, 6], seqs: [5, 6] })).told, ['actor!', '(5)!', 'add 6', '(6)'])
  const slow = await toldOf([seen(3), seen(9), seen(10)], { histories: [history([3], 3)], reads: [3, 4, 4, 5, 6, 10], seqs: [3, 4, 5, 7, 8, 9, 10] })
  assert.deepEqual([slow.told, slow.tails], [['actor', 'add 3', '(3)', 'add 4', '(4)', 'add 5', '(5)', '(9)!', 'add 10', '(10)'], 2], 'another tail is sooner there')
  const late = await toldOf([seen(3), seen(5)], { histories: [history([3], 3)], reads: [3, 5], seqs: [3, 5] })
  assert.deepEqual(late.told, ['actor', 'add 3', '(3)', 'add 5', '(5)'], 'a commit that its owner saw sooner')
})

test('P1: where others are read first it is read again, from where it was left', async () => {
  const { told, reads, tails } = await toldOf([seen(3), seen(5), seen(6)], { histories: [history([3], 3)], reads: ['unread', 'unread', 6], seqs: [3, 5, 6] })
  assert.deepEqual([told, reads, tails], [['actor', 'add 3', '(3)', 'add 5', '(5)', 'add 6', '(6)'], 3, 1])
  const long = await toldOf([seen(3), seen(5), seen(6)], { histories: [history([3], 3)], reads: ['unread', 'unread', 'unread', 'unread', 'unread', 6], seqs: [3, 5, 6] })
  assert.deepEqual(long.told, ['actor', 'add 3', '(3)', '(5)!', 'add 6', '(6)'], 'but not for ever')
})

test('one that is not there is no actor; one that goes has stopped', async () => {
  const { told } = await toldOf([seen(1, { isThere: false }), seen(3), seen(7, { isThere: false }), seen(8, { isThere: false }), seen(9)], { histories: [history([3], 3)], reads: [9], seqs: [3, 9] })
  assert.deepEqual(told, ['actor', 'add 3', '(3)', '(7) stopped!', 'add 9', '(9)'])
  const ended = await toldOf([seen(3), seen(5), seen(6, { isThere: false })], { histories: [history([3], 3)], reads: [9], seqs: [3, 5, 6] })
  assert.deepEqual(ended.told, ['actor', 'add 3', '(3)', 'add 5', '(5)', 'add 6', '(6)', '(6) stopped!'])
  const again = await toldOf([seen(3), seen(5), seen(8, { isThere: false }), seen(9)], { histories: [history([3], 3)], reads: [9, 9], seqs: [3, 5, 9] })
  assert.deepEqual(again.told, ['actor', 'add 3', '(3)', 'add 5', '(5)', 'add 9', '(9)'], 'what it took since was told already')
})

test('P4: too many at a time are refused, and one that leaves makes room', async () => {
  const clock = new SimulatedClock()
  const over = new AbortController()
  const gateway: Pick<Gateway, 'follow' | 'history'> = { follow: async function* () { yield away }, history: () => Promise.reject(new TypeError('nothing is read')) }
  const nothing = (): Tail => ({ read: () => assert.fail('nothing is read'), letGo: () => {} })
  const open = async () => {
    const stream = inspect(gateway, nothing, clock, ASKED, over.signal)[Symbol.asyncIterator]()
    await stream.next()
    return stream
  }
  const streams = await Promise.all(Array.from({ length: INSPECTED_MAX }, open))
  assert.throws(() => inspect(gateway, nothing, clock, ASKED, over.signal), (thrown) => thrown instanceof OperationError && thrown.code === 'gateway/inspected')
  await streams[0]?.return?.()
  await open()
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client } from '../../../../adapters/client/client.ts'
import { ClientError } from '../../../../adapters/client/session.ts'
import type { Transport } from '../../../../system/gateway/transport.ts'
import { recorded } from '../../../../system/inspect/inspection.ts'
import type { InspectionEvent } from '../../../../system/inspect/inspection.ts'
import type { HistoryEntry } from '../../../../system/inspect/history.ts'
import counters from '../../../support/counter/counter.system.ts'

const entry = (seq: number): HistoryEntry => ({
  seq, n: 0, timeMs: seq, processedMs: seq, event: { type: 'add' }, cause: `inbox-0-${seq}`, from: 'counting', to: 'counting', context: { n: seq }, machine: { value: 'counting', status: 'active' }, effects: [], scores: [], models: [], rows: [],
  verdict: seq % 2 === 0 ? undefined : { input: `0:${seq}`, class: 'action', directive: 'drop' } as unknown as HistoryEntry['verdict'],
})

/** What is told of streams that break off one after the other: the newest of these commits, of which the odd ones are refused. */
async function toldOf(streams: readonly { readonly seqs: readonly number[]; readonly older: 'none' | 'more' }[], cutAt = Infinity): Promise<readonly string[]> {
  let opened = 0
  const follow: Transport['follow'] = async function* () {
    const stream = streams[opened++]
    if (stream === undefined) throw new ClientError('test/over', 'there is no more', 0)
    const page = { type: 'counter', id: 'a', at: { partition: 0, life: 'l', epoch: 1, seq: 0 }, entries: stream.seqs.map(entry).reverse(), older: stream.older }
    for (const data of recorded(page, undefined, 20).slice(0, opened === 1 ? cutAt : Infinity)) yield { event: 'inspect', data }
  }
  const told: string[] = []
  const transport: Transport = { follow, ask: () => Promise.reject(new TypeError('nothing is asked')) }
  const reading = async (): Promise<void> => {
    for await (const one of client(counters, { transport }).counter('a').inspect()) told.push(word(one))
  }
  await assert.rejects(reading, ClientError)
  return told
}

function word({ type, statelog: { seq, isAfterGap } }: InspectionEvent): string {
  return `${type.slice('@xstate.'.length)} ${seq}${isAfterGap === true ? '!' : ''}`
}

test('N1, N2: a stream that is opened again goes on where it broke off, or with the actor behind a gap', async () => {
  const [gap, joined, whole, cut] = await Promise.all([
    toldOf([{ seqs: [2, 4], older: 'more' }, { seqs: [8, 10], older: 'more' }]),
    toldOf([{ seqs: [2, 3], older: 'more' }, { seqs: [3, 4], older: 'more' }]),
    toldOf([{ seqs: [2], older: 'none' }, { seqs: [2, 4], older: 'none' }]),
    toldOf([{ seqs: [2, 4], older: 'more' }, { seqs: [4, 6], older: 'more' }], 2),
  ])
  assert.deepEqual(gap, ['actor 2!', 'event 4', 'snapshot 4', 'actor 8!', 'event 10', 'snapshot 10'])
  assert.deepEqual(joined, ['actor 2!', 'event 3', 'event 4', 'snapshot 4'])
  assert.deepEqual(whole, ['actor 2', 'event 2', 'snapshot 2', 'event 4', 'snapshot 4'])
  assert.deepEqual(cut, ['actor 2!', 'event 4', 'actor 4!', 'event 6', 'snapshot 6'], 'its snapshot was cut off')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HistoryEntry } from '../../../../system/inspect/history.ts'
import { WaitingEntries } from '../../../../system/inspect/waiting-entries.ts'

const entry = (seq: number, bytes = 1, n = 0): HistoryEntry => ({
  seq, n, timeMs: seq, processedMs: seq, event: { type: 'add' }, cause: `inbox-0-${seq}`, from: 'counting', to: 'counting', context: 'x'.repeat(bytes), machine: { value: 'counting', status: 'active' }, effects: [], scores: [], models: [], rows: [], verdict: undefined,
})

const MB = 1 << 20
const seqsOf = ({ entries, pushedOutSeq }: WaitingEntries): readonly [readonly number[], number] => [entries.map(({ seq }) => seq), pushedOutSeq]

test('I9: entries that nobody takes are bounded by their bytes, and by how many they are; the newest is always there', () => {
  const waiting = new WaitingEntries()
  for (const seq of [1, 2, 3]) waiting.add([entry(seq, 3 * MB)])
  assert.deepEqual(seqsOf(waiting), [[2, 3], 1])
  waiting.add([entry(4, 9 * MB)])
  assert.deepEqual(seqsOf(waiting), [[4], 3])
  waiting.add([entry(5)])
  assert.deepEqual(seqsOf(waiting), [[5], 4])
  const many = new WaitingEntries()
  many.add(Array.from({ length: 1001 }, (_, n) => entry(n)))
  assert.deepEqual([many.entries.length, many.pushedOutSeq], [1000, 0])
})

test('what was given is let go of, and is not missing', () => {
  const waiting = new WaitingEntries()
  waiting.add([entry(1), entry(2), entry(2, 1, 1), entry(3)])
  waiting.letGo({ seq: 2, n: 0 })
  assert.deepEqual(seqsOf(waiting), [[2, 3], -1])
  assert.equal(waiting.entries[0]?.n, 1)
})

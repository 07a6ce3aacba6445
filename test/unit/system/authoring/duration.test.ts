// Durations as people write them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration } from '../../../../system/authoring/duration.ts'
import type { Duration } from '../../../../system/authoring/duration.ts'
import { DefinitionError } from '../../../../system/protocol/failures.ts'

test('every unit, fractions, zero, and plain milliseconds', () => {
  const cases: readonly (readonly [Duration, number])[] = [['500ms', 500], ['10s', 10_000], ['5m', 300_000], ['2h', 7_200_000], ['7d', 604_800_000], ['1.5h', 5_400_000], ['0s', 0], [0, 0], [12.5, 12.5]]
  for (const [duration, expected] of cases) assert.equal(parseDuration(duration), expected)
})

test('anything else is refused by what was written', () => {
  for (const duration of ['', '10', 'ms', '-5s', '1e3s', ' 5s', '5 s', '5S', '5w', '.5s', '1.s', 'Infinitys', -1, NaN, Infinity]) {
    assert.throws(() => parseDuration(duration as Duration), (thrown: unknown) => thrown instanceof DefinitionError && thrown.message.includes(String(duration)), String(duration))
  }
})

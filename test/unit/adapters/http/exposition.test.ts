// The text format of Prometheus, as its documentation writes the grammar down.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exposition, histogramSamples } from '../../../../adapters/http/exposition.ts'
import { metricFamilies } from '../../../../adapters/http/metrics.ts'
import type { PartitionFlow } from '../../../../system/gateway/gateway.ts'
import { DURATION_BOUNDS_MS } from '../../../../system/partition/durations.ts'
import { FAILURE_CLASSES } from '../../../../system/protocol/failures.ts'
import { readExposition } from '../../../support/exposition.ts'

const USE = { version: '0.1.0', runtime: 'node 24', nowMs: 10_000, startedMs: 1000, cpuSeconds: 1.5, residentBytes: 10, heapBytes: 5 }
const durations = { counts: DURATION_BOUNDS_MS.map((_, at) => at).concat(2), sumMs: 1500, p50Ms: 1, p99Ms: 2 }

function flowOf(partition: number, occupancy: readonly (readonly [string, number])[]): PartitionFlow {
  return {
    type: 'card', partition,
    answer: {
      kind: 'flow', at: { partition, life: 'l', epoch: 1, seq: 4 }, state: 'live', reason: '', owner: 'me',
      flow: {
        since: 1, inputs: 100, outputs: 90, decisions: 5, batches: 3, drops: [['late', 2]], refused: [['schema', 7]], refusedIn: [['', [['schema', 7]]]], taken: [['t', 3]], timed: [],
        commitMs: durations, batchMs: durations, delayMs: durations, newestMs: 4000, occupancy, entities: occupancy.reduce((sum, [, count]) => sum + count, 0), parked: 1, lag: { sources: 3, inbox: 0 }, watermarkMs: 2500,
      },
    },
  }
}

test('what a label or a help holds stays that', () => {
  const labels = { type: 'a"b\\c\nd', other: '}x{' }
  const [family] = readExposition(exposition([{ name: 'm_total', kind: 'counter', help: 'one\ntwo \\ "three"', samples: [{ labels, value: 1e21 }, { labels: {}, value: Infinity }] }]))
  assert.deepEqual([family?.help, family?.samples[0], family?.samples[1]?.value], ['one\ntwo \\ "three"', { name: 'm_total', labels, value: 1e21 }, Infinity])
})

test('a histogram counts from below, to infinity, which is its count', () => {
  const samples = histogramSamples({ type: 't' }, [0.1, 1], [2, 0, 5], 9.5)
  assert.deepEqual(samples.map(({ suffix, labels, value }) => [suffix, labels['le'], value]), [['_bucket', '0.1', 2], ['_bucket', '1', 2], ['_bucket', '+Inf', 7], ['_sum', undefined, 9.5], ['_count', undefined, 7]])
})

test('metrics read by their grammar: each family once, units and counters named as Prometheus asks, values as the owner told', () => {
  const families = readExposition(exposition(metricFamilies([flowOf(0, [['normal', 5], ['blocked', 1]]), flowOf(1, [['normal', 2]])], USE)))
  const value = (name: string, labels: Readonly<Record<string, string>>): number | undefined => families.flatMap(({ samples }) => samples).find((sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text))?.value
  const first = { type: 'card', partition: '0' }
  assert.deepEqual([value('statelog_inputs_total', first), value('statelog_dead_letters_total', { ...first, class: 'schema' }), value('statelog_dead_letters_total', { ...first, class: 'guard' }), value('statelog_drops_total', { ...first, reason: 'late' })], [100, 7, 0, 2])
  assert.deepEqual([value('statelog_lag_records', { ...first, of: 'sources' }), value('statelog_lag_seconds', first), value('statelog_watermark_age_seconds', first)], [3, 6, 7.5])
  assert.deepEqual([value('statelog_state_entities', { type: 'card', state: 'normal' }), value('statelog_entities', first), value('statelog_parked_entities', first)], [7, 6, 1])
  assert.equal(value('statelog_commit_seconds_count', first), durations.counts.reduce((sum, count) => sum + count, 0))
  assert.deepEqual([value('statelog_commit_seconds_bucket', { ...first, le: '0.0025' }), value('statelog_commit_seconds_sum', first)], [1, 1.5])
  assert.deepEqual([value('process_cpu_seconds_total', {}), value('statelog_build_info', { version: '0.1.0' })], [1.5, 1])
  for (const { name, kind } of families) {
    assert.match(name, /^(statelog|process)_/)
    assert.equal(name.endsWith('_total'), kind === 'counter', name)
    if (kind === 'histogram') assert.match(name, /_seconds$/)
  }
  assert.equal(families.find(({ name }) => name === 'statelog_dead_letters_total')?.samples.length, 2 * FAILURE_CLASSES.length)
})

test('a partition that does not answer has its state alone, and its type no sum (M3)', () => {
  const silent: PartitionFlow = { type: 'card', partition: 1, answer: { kind: 'refused', state: 'silent', reason: 'no answer' } }
  const samples = readExposition(exposition(metricFamilies([flowOf(0, [['normal', 5]]), silent], USE))).flatMap((family) => family.samples)
  assert.deepEqual(samples.filter(({ labels }) => labels['partition'] === '1'), [{ name: 'statelog_partition_state', labels: { type: 'card', partition: '1', state: 'silent' }, value: 1 }])
  assert.equal(samples.some(({ name }) => name === 'statelog_state_entities'), false)
})

test('the configurations of a type are bounded, and keep their sum (M2)', () => {
  const many = Array.from({ length: 300 }, (_, n) => [`s${n}`, n + 1] as const)
  const states = readExposition(exposition(metricFamilies([flowOf(0, many)], USE))).find(({ name }) => name === 'statelog_state_entities')?.samples ?? []
  assert.deepEqual([states.length, states[0]?.labels['state'], states.at(-1)?.labels['state'], states.reduce((sum, { value }) => sum + value, 0)], [100, 's299', '...', 45_150])
})

// Metrics: what the owners of the partitions count, and what this process takes, as families for Prometheus.
//
// M1. Counters are those of the owner: they begin again when a partition is acquired again, as Prometheus expects of what restarts.
// M2. Labels are bounded: types and partitions are those of the system, classes, reasons and states are lists of the code, configurations beyond STATES_MAX are one.
// M3. There is no sum over a part of the partitions: what is counted over a type is left out while one does not answer.
import type { PartitionFlow } from '../../system/gateway/gateway.ts'
import type { LiveFlow } from '../../system/node/flow-answer.ts'
import { DURATION_BOUNDS_MS } from '../../system/partition/durations.ts'
import { OTHERS } from '../../system/partition/flow.ts'
import type { Counts } from '../../system/partition/flow.ts'
import { DROP_REASONS, FAILURE_CLASSES } from '../../system/protocol/failures.ts'
import { histogramSamples } from './exposition.ts'
import type { Family, Labels, Sample } from './exposition.ts'

/** Configurations of a type that have a series of their own: the fullest. */
const STATES_MAX = 100
const BOUNDS_S = DURATION_BOUNDS_MS.map(seconds)

interface Live {
  readonly labels: Labels
  readonly flow: LiveFlow
}

/** Of one process, now. */
export interface ProcessUse {
  readonly version: string
  readonly runtime: string
  readonly nowMs: number
  readonly startedMs: number
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly heapBytes: number
}

export function metricFamilies(flows: readonly PartitionFlow[], use: ProcessUse): readonly Family[] {
  const live = flows.flatMap(({ type, partition, answer }): Live[] => {
    const flow = answer.kind === 'flow' ? answer.flow : undefined
    return flow === undefined ? [] : [{ labels: { type, partition: String(partition) }, flow }]
  })
  return [...processFamilies(use), ...standing(flows, live, use.nowMs), ...counters(live), ...durations(live)]
}

function processFamilies({ version, runtime, startedMs, cpuSeconds, residentBytes, heapBytes }: ProcessUse): readonly Family[] {
  const one = (name: string, kind: Family['kind'], help: string, value: number, labels: Labels = {}): Family => ({ name, kind, help, samples: [{ labels, value }] })
  return [
    one('statelog_build_info', 'gauge', 'What runs here.', 1, { version, runtime }),
    one('process_start_time_seconds', 'gauge', 'When this process began, seconds since the epoch.', seconds(startedMs)),
    one('process_cpu_seconds_total', 'counter', 'Processor time of this process, user and system.', cpuSeconds),
    one('process_resident_memory_bytes', 'gauge', 'Memory of this process.', residentBytes),
    one('statelog_main_heap_bytes', 'gauge', "Used heap of this process's main thread.", heapBytes),
  ]
}

function standing(flows: readonly PartitionFlow[], live: readonly Live[], nowMs: number): readonly Family[] {
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, kind: 'gauge', help, samples })
  return [
    gauge('statelog_partition_state', "State of a partition's life: 1 for the one it is in; absent where nobody has it, silent where its owner does not answer.", flows.map(({ type, partition, answer: { state } }) => ({ labels: { type, partition: String(partition), state }, value: 1 }))),
    gauge('statelog_lag_records', 'Records that wait: of the sources, and of the inbox.', live.flatMap(({ labels, flow: { lag } }) => (lag === undefined ? [] : [{ labels: { ...labels, of: 'sources' }, value: Math.max(0, lag.sources) }, { labels: { ...labels, of: 'inbox' }, value: Math.max(0, lag.inbox) }]))),
    gauge('statelog_lag_seconds', 'Age of the newest record that was taken, while others wait; 0 while none does.', live.flatMap(({ labels, flow }) => {
      const value = lagSeconds(flow, nowMs)
      return value === undefined ? [] : [{ labels, value }]
    })),
    gauge('statelog_watermark_age_seconds', 'How far the event time, up to which a partition is complete, is behind the clock.', live.flatMap(({ labels, flow: { watermarkMs } }) => (watermarkMs === undefined || !Number.isFinite(watermarkMs) ? [] : [{ labels, value: seconds(Math.max(0, nowMs - watermarkMs)) }]))),
    gauge('statelog_entities', 'Entities, as committed.', live.map(({ labels, flow: { entities } }) => ({ labels, value: entities }))),
    gauge('statelog_parked_entities', 'Entities that stand still.', live.map(({ labels, flow: { parked } }) => ({ labels, value: parked }))),
    gauge('statelog_state_entities', 'Entities of a type by configuration (paths of the active leaf states), over all its partitions.', occupancies(flows)),
  ]
}

/** M3. */
function occupancies(flows: readonly PartitionFlow[]): readonly Sample[] {
  return [...Map.groupBy(flows, ({ type }) => type)].flatMap(([type, ofType]) => {
    const counts = new Map<string, number>()
    for (const { answer } of ofType) {
      if (answer.kind !== 'flow' || answer.flow === undefined) return []
      for (const [configuration, count] of answer.flow.occupancy) counts.set(configuration, (counts.get(configuration) ?? 0) + count)
    }
    const fullest = [...counts].sort(([a, one], [b, other]) => (a === OTHERS ? 1 : b === OTHERS ? -1 : other - one))
    const rest = fullest.slice(STATES_MAX - 1)
    const named = fullest.length <= STATES_MAX ? fullest : [...fullest.slice(0, STATES_MAX - 1), [OTHERS, rest.reduce((sum, [, count]) => sum + count, 0)] as const]
    return named.map(([state, value]) => ({ labels: { type, state }, value }))
  })
}

function counters(live: readonly Live[]): readonly Family[] {
  const counter = (name: string, help: string, count: (flow: LiveFlow) => number): Family => ({ name, kind: 'counter', help, samples: live.map(({ labels, flow }) => ({ labels, value: count(flow) })) })
  return [
    counter('statelog_inputs_total', 'Inputs that were taken and committed.', ({ inputs }) => inputs),
    counter('statelog_outputs_total', 'Records that inputs wrote: outputs and tells.', ({ outputs }) => outputs),
    counter('statelog_decisions_total', 'Scores of models, and reasons why there was none.', ({ decisions }) => decisions),
    { name: 'statelog_dead_letters_total', kind: 'counter', help: 'Inputs that were refused, by the class of their failure.', samples: live.flatMap(({ labels, flow }) => labelled(labels, 'class', FAILURE_CLASSES, flow.refused)) },
    { name: 'statelog_drops_total', kind: 'counter', help: 'Inputs that a policy dropped, by its reason.', samples: live.flatMap(({ labels, flow }) => labelled(labels, 'reason', DROP_REASONS, flow.drops)) },
  ]
}

function durations(live: readonly Live[]): readonly Family[] {
  const histogram = (name: string, help: string, of: (flow: LiveFlow) => LiveFlow['commitMs']): Family => ({
    name, kind: 'histogram', help,
    samples: live.flatMap(({ labels, flow }) => histogramSamples(labels, BOUNDS_S, of(flow).counts, seconds(of(flow).sumMs))),
  })
  return [
    histogram('statelog_commit_seconds', 'From the send of a commit to its outcome.', ({ commitMs }) => commitMs),
    histogram('statelog_batch_seconds', 'From the poll of a batch to the outcome of its commit.', ({ batchMs }) => batchMs),
    histogram('statelog_delay_seconds', "From the time of a batch's oldest record to its commit.", ({ delayMs }) => delayMs),
  ]
}

/** Also those that are zero: a first one would not show as growth otherwise. */
function labelled(labels: Labels, name: string, values: readonly string[], counts: Counts): readonly Sample[] {
  const found = new Map<string, number>(counts)
  return values.map((value) => ({ labels: { ...labels, [name]: value }, value: found.get(value) ?? 0 }))
}

function lagSeconds({ lag, newestMs }: LiveFlow, nowMs: number): number | undefined {
  if (lag === undefined) return undefined
  if (lag.sources + lag.inbox <= 0) return 0
  return newestMs === undefined ? undefined : seconds(Math.max(0, nowMs - newestMs))
}

function seconds(ms: number): number {
  return ms / 1000
}

// The page: README.md of the bench, made of the results and of what must be said beside them.
import type { DrainRow, EntitiesRow, FailoverRow, FleetRow, IdleRow, LatencyRow, MicroRow, QueryCostRow, QueryRow, RecoveryRow, Results, RivalRow, RuntimeName, W1Row, WatchRow, WorkersRow } from './results.ts'
import { RIVAL_WORDS } from './rivals/words.ts'

const ENGINE_WORDS = { reducer: 'plain reducer', compiled: 'XState machine, compiled', xstate: "XState's interpreter" } as const

const RUNTIMES: readonly RuntimeName[] = ['node', 'bun']

export function page(results: Results): string {
  return [HEAD, measuredOn(results), w1Table(results), memoryTable(results), entitiesTable(results), workersTable(results), watchTable(results), fleetTable(results), queryTables(results), clusterTables(results), rivalsTable(results), microTable(results), NOTES].filter((part) => part !== '').join('\n\n') + '\n'
}

const HEAD = `# Bench

This page is made by \`npm run bench -- page\` from \`results.json\`; change \`page.ts\`, not the page.

\`\`\`
npm run bench -- w1                      the whole runtime, embedded, next to the raw append of SQLite
npm run bench -- w1 --node --profile     and where its processor time goes
npm run bench -- memory                  1,000,000 entities in 64 MiB
npm run bench -- entities                bytes and processor time, from a thousand entities in memory to a million
npm run bench -- workers                 stepped by the main thread, by one worker thread and by two
npm run bench -- watch                   watched and not watched, in pairs
npm run bench -- micro                   the parts of an event's path, each by itself
npm run bench -- fleet                   100,000 deliveries, 20,000 pings a second
npm run bench -- query                   entities asked for over HTTP and NATS
npm run bench -- cluster                 on a Kafka broker: W1, an idle process, recovery
npm run bench -- cluster --part drain --rivals   and other stream processors in turn with it
npm run bench -- page-heap --minutes 15  what pages that stay open hold in a browser
npm run bench -- w1 memory fleet micro --write everything on both runtimes, kept, with this page
\`\`\`

Every figure belongs to a run that the checker (\`w1/check.ts\`) found whole: it computes all outputs and states anew from the generator. A run in which
one is lost, repeated, out of order or different has no figure. Each measurement runs in processes of its own.`

function measuredOn({ machine, runtimes }: Results): string {
  const versions = RUNTIMES.flatMap((name) => (runtimes[name] === undefined ? [] : [`${name === 'node' ? 'Node' : 'Bun'} ${runtimes[name].version}`]))
  return versions.length === 0 ? 'Nothing has been measured yet.' : `Measured on ${machine}; ${versions.join(', ')}. Machines differ and neighbours make noise: a load average above what the bench itself needs (2) means that others kept the cores busy, and that rates are too low. Compare what stands in one row, not rows of different days.`
}

const rows = <Row>(results: Results, read: (runtime: NonNullable<Results['runtimes'][RuntimeName]>) => readonly Row[] | undefined): readonly (readonly [RuntimeName, Row])[] =>
  RUNTIMES.flatMap((name) => {
    const runtime = results.runtimes[name]
    return runtime === undefined ? [] : (read(runtime) ?? []).map((row) => [name, row] as const)
  })

function w1Table(results: Results): string {
  const found = rows<W1Row>(results, (runtime) => runtime.w1)
  if (found.length === 0) return ''
  return `## W1, the whole runtime

A source of card payments (128 bytes each, 100,000 accounts at random), four partitions, one actor type: every payment updates its account's windows,
computes 16 features and a logistic score, may move a statechart of three states, and writes one output. States, outputs, journal and positions commit together on
SQLite (write-ahead log, synchronous FULL). The raw append is a bare loop of inserts with the same settings in the same process, before and after the run: a row per event, 500 in a commit.

| runtime | step | limits | events/s | raw append, rows/s | share | processor, us/event | commit p50, p99 ms | peak MB |
|---|---|---|---|---|---|---|---|---|
${found.map(([name, row]) => `| ${name} | ${ENGINE_WORDS[row.engine]} | ${row.limits === '' ? 'defaults' : row.limits} | ${number(row.rate)} | ${number(row.rawRate)} | ${row.ratioPercent} % | ${row.cpuUs} | ${row.commitMs}, ${row.commitP99Ms} | ${number(row.peakMb)} |`).join('\n')}

Medians of ${[...new Set(found.map(([, row]) => `${row.rounds} rounds of ${number(row.events)} events`))].join(' and ')}; the first tenth of each is not counted. Processor time is that of all threads. A state is written when it has
been changed for long enough, or when a recovery would else have to fold more than half a second's work (\`foldInputsMax\`).`
}

function memoryTable(results: Results): string {
  const found = rows<W1Row>(results, (runtime) => runtime.memory)
  if (found.length === 0) return ''
  return `## Memory

The same with 1,000,000 accounts in rounds, so that none is met again before all others were: nearly every payment loads a state and writes one. The budget for
entities is 16 MiB in each of four partitions; plain reducer.

| runtime | events | events/s | processor, us/event | peak resident MB |
|---|---|---|---|---|
${found.map(([name, row]) => `| ${name} | ${number(row.events)} | ${number(row.rate)} | ${row.cpuUs} | ${number(row.peakMb)} |`).join('\n')}`
}

/** Of fewer the difference is noise. */
const HELD_ACCOUNTS_MIN = 100_000

function entitiesTable(results: Results): string {
  const found = rows<EntitiesRow>(results, (runtime) => runtime.entities)
  if (found.length === 0) return ''
  return `## Entities

The same with room for all in memory (\`entityBytesMax\` 1 GiB), visited in rounds, the XState machine compiled. Bytes are heap and buffers after a full collection, beyond those with one
account: state, key, index, list links, position and what is not yet written. The first visits are not counted.

| runtime | entities | states are written | bytes each | events | events/s | processor, us/event | peak resident MB |
|---|---|---|---|---|---|---|---|
${found.map(([name, row]) => `| ${name} | ${number(row.accounts)} | ${row.isSeldom === true ? 'seldom' : 'by default'} | ${row.accounts < HELD_ACCOUNTS_MIN ? '' : number(row.bytesEach)} | ${number(row.events)} | ${number(row.rate)} | ${row.cpuUs} | ${number(row.peakMb)} |`).join('\n')}

Medians of ${found[0]?.[1].rounds ?? 1} rounds. By default states are written after 5 s, and so that a recovery folds half a second's work: where more accounts than that are met in turn, each event writes a state. Seldom is after ten minutes and 1,000,000 inputs of a
partition (\`snapshotEvery\`, \`foldInputsMax\`): what an event costs without that, for recoveries that take as much longer.`
}

function workersTable(results: Results): string {
  const found = rows<WorkersRow>(results, (runtime) => runtime.workers)
  if (found.length === 0) return ''
  return `## Worker threads

W1 with the machine compiled and the runtime's defaults, stepped by the main thread (no worker threads), by one and by two; one writer thread writes for all. The raw append has as many writers,
each with a file of its own.

| runtime | worker threads | events/s | raw append, rows/s | processor, us/event | peak resident MB |
|---|---|---|---|---|---|
${found.map(([name, row]) => `| ${name} | ${row.workers === 0 ? 'none' : row.workers} | ${number(row.rate)} | ${number(row.rawRate)} | ${row.cpuUs} | ${number(row.peakMb)} |`).join('\n')}

Medians of ${found[0]?.[1].rounds ?? 1} rounds of ${number(found[0]?.[1].events ?? 0)} events, in turn.`
}

function watchTable(results: Results): string {
  const found = rows<WatchRow>(results, (runtime) => runtime.watch)
  if (found.length === 0) return ''
  return `## Watched

W1 at full speed on one worker thread, with a caller of \`/v1/watch\` on the main thread and without, in pairs. Processor time is that of all threads, what makes the documents and patches included. The
last column is of a run of its own: samples of the worker's CPU profile in what counts and answers, watched and not.

| runtime | pairs | watched, us/event | not watched, us/event | ratio | ratio of events/s | looks | of the profile |
|---|---|---|---|---|---|---|---|
${found.map(([name, row]) => `| ${name} | ${row.pairs} | ${row.watchedCpuUs} | ${row.aloneCpuUs} | ${row.cpuRatio} | ${row.rateRatio} | ${number(row.looks)} | ${row.watchedPercent === undefined ? '' : `${row.watchedPercent} %, ${row.alonePercent ?? 0} %`} |`).join('\n')}`
}

function fleetTable(results: Results): string {
  const found = rows<FleetRow>(results, (runtime) => runtime.fleet)
  if (found.length === 0) return ''
  return `## Fleet

Deliveries underway, a ping every five seconds each, sent at their time from the runtime's main thread, as a gateway in its process would, in slices of 5 ms. A ping's latency
runs from when it was due to the read of its ETA, which looks every 4 ms. Two worker threads step them; "cores" is the processor time of everything, the load included. "Tracker" is a plain reducer with the domain's features and model, its
states written after 20 s (\`snapshotEvery\`, with \`foldInputsMax\` 100,000): with the default of 5 s each ping would write one. A recovery folds more in return. All stay in memory (\`entityBytesMax\` 128 MiB a
partition): the default of 64 MiB has no room for 25,000 ways of ten points, and as each is met every five seconds, each would be written and loaded every time. "Domain" is all of the delivery example, its statecharts compiled:
every ping is stepped by rider, spoof watch, router and delivery, four commits in three groups.

| runtime | step | deliveries | pings/s | ETAs/s | p50, p99 ms | records behind, median of the first and the last 10 s of ${found[0]?.[1].seconds ?? 60} | load late by ms | cores | peak MB |
|---|---|---|---|---|---|---|---|---|---|
${found.map(([name, row]) => `| ${name} | ${row.subject} | ${number(row.deliveries)} | ${number(row.pingsPerSecond)} | ${number(row.etasPerSecond)} | ${number(row.p50Ms)}, ${number(row.p99Ms)} | ${number(row.lagFirst)}, ${number(row.lagLast)} | ${number(row.behindMs)} | ${row.cores} | ${row.peakMb} |`).join('\n')}`
}

function queryTables(results: Results): string {
  const latency = rows<QueryRow>(results, (runtime) => runtime.query?.latency)
  const cost = rows<QueryCostRow>(results, (runtime) => runtime.query?.cost)
  if (latency.length + cost.length === 0) return ''
  return `## Questions

W1 with the machine compiled on one worker thread, its gateway on the main thread, entities asked for by another process on loopback, on 500 connections or through a NATS server. A question's time is from the millisecond in which it was due to
the last byte of its answer. Half load is half of the rate without questions below; its events are appended by the main thread too.

| runtime | over | events/s | questions/s | answers | p50 ms | p99 ms | longest ms |
|---|---|---|---|---|---|---|---|
${latency.map(([name, row]) => `| ${name} | ${row.carrier} | ${row.mode === 'plain' ? 'none: not this runtime, the same bytes to every question' : row.mode === 'idle' ? 'none' : number(row.eventsPerSecond)} | ${number(row.perSecond)} | ${number(row.answers)} | ${row.p50Ms} | ${row.p99Ms} | ${row.longestMs} |`).join('\n')}

At full speed, on two cores that worker, gateway, writer, asker and NATS share: processor time of the worker thread a million events, and of the main thread.

| runtime | over | questions/s | answers/s | worker, s a million events | main thread, cores | events/s |
|---|---|---|---|---|---|---|
${cost.map(([name, row]) => `| ${name} | ${row.carrier} | ${number(row.perSecond)} | ${number(row.answersPerSecond)} | ${row.workerSecondsPerMillion} | ${row.mainCores} | ${number(row.eventsPerSecond)} |`).join('\n')}

Medians of ${cost[0]?.[1].rounds ?? 1} rounds of ${number(cost[0]?.[1].events ?? 0)} events, in turn; the first tenth of each is not counted.`
}

const KINDS: Readonly<Record<string, string>> = {
  restarted: 'killed and started again at once: its partitions go on', moved: 'left as asked: its partitions pause', joined: 'joined: partitions that it gets pause',
  crashed: 'killed for good: its partitions go on elsewhere', kept: 'another process left, joined or died: partitions that stay pause',
  emptied: 'killed and started again with an empty Redis: its partitions go on',
}

const FAILOVER_KINDS: Readonly<Record<string, string>> = {
  led: 'until every partition has a living leader', unsure: 'how far apart the brokers told that', resumed: 'until outputs went on', beyondLed: 'that beyond leaders',
  bare: 'until bare clients went on', beyondBare: '**until outputs went on, beyond bare clients**', twin: 'until twins went on', beyondTwin: '**until outputs went on, beyond twins**', again: 'the longest time without an output in the 3 s after that',
  ledAlone: 'leaders, without such clients', resumedAlone: 'until outputs went on, without such clients',
}

function clusterTables(results: Results): string {
  const drains = rows<DrainRow>(results, (runtime) => runtime.cluster?.drain)
  const idle = rows<IdleRow>(results, (runtime) => runtime.cluster?.idle)
  const recovery = rows<RecoveryRow>(results, (runtime) => runtime.cluster?.recovery)
  const failover = rows<FailoverRow>(results, (runtime) => runtime.cluster?.failover)
  if (drains.length + idle.length + recovery.length + failover.length === 0) return ''
  return `## On a Kafka cluster

One broker, one copy of everything, loopback, small heap, states in Redis; all share the two cores. W1 with the plain reducer reads a topic of 128-byte values from its start and
writes 32-byte values without headers; commits of up to 2,000 events, \`foldInputsMax\` 400,000. Idle is a process with 16 partitions of which nothing is asked.

| runtime | client | events/s | processor, us/event | first output after ms | idle, share of a core |
|---|---|---|---|---|---|
${drains.map(([name, row]) => `| ${name} | ${row.client} | ${number(row.rate)} | ${row.cpuUs} | ${number(row.firstMs)} | ${idle.find(([one, { client }]) => one === name && client === row.client)?.[1].percentOfCore ?? ''} % |`).join('\n')}

${latencyTable(rows<LatencyRow>(results, (runtime) => runtime.cluster?.latency))}Recovery: two processes, four partitions of 100,000 accounts, 2,000 payments a second, a session of 6 s. Milliseconds until a reader of committed records sees an output that was made
afterwards, or the longest time without one; the first round, on brokers that have just started, is not counted.
| runtime | client | what | times | p50 | p99 | longest |
|---|---|---|---|---|---|---|
${recovery.map(([name, row]) => `| ${name} | ${row.client} | ${KINDS[row.kind] ?? row.kind} | ${row.count} | ${number(row.p50Ms)} | ${number(row.p99Ms)} | ${number(row.longestMs)} |`).join('\n')}${rebuilds(recovery)}

${failoverTable(failover)}`
}

function failoverTable(found: readonly (readonly [string, FailoverRow])[]): string {
  return found.length === 0 ? '' : `A broker dies: \`kill -9\` of one of three that also are the controllers, three copies of everything, a broker's session of 3 s (heartbeats of 500 ms), the rest as above. Outputs
go on when one is seen that was made after the kill; of the four partitions the one that took longest counts. Nothing is killed before the states of the first load, of all accounts, are written: kafkajs
cannot ask what became of a commit, and whoever begins again folds what came after (2 to 4 s of the first kill right behind that load). Beside it, in the same kills, clients that do nothing but transactions at the pace
of the commits here (an independent client, on topics of their own, seen by the same kind of reader): how long these cannot go on is the brokers' own time. Four bare clients write one topic. Where
there are twins, these write what a commit here writes, outputs, journal and states, into three topics whose copies are where those here are, with the offsets of a group; the same brokers coordinate
their group and their transactions. Every partition has a living leader when both brokers that are left tell it, asked every 10 ms; where that is known to a few milliseconds only the earlier moment
counts. With the default of \`replica.fetch.backoff.ms\`, 1,000, followers come to a new leader up to a second late, and whoever writes waits for them; brokers that are started here have 100.

| runtime | client | \`replica.fetch.backoff.ms\` | what | kills | p50 ms | longest ms | over a second |
|---|---|---|---|---|---|---|---|
${found.map(([name, row]) => `| ${name} | ${row.client} | ${number(row.backoffMs)} | ${FAILOVER_KINDS[row.kind] ?? row.kind} | ${row.kills} | ${number(row.p50Ms)} | ${number(row.longestMs)} | ${row.kind.startsWith('beyond') ? row.overSecond : ''} |`).join('\n')}`
}

function latencyTable(found: readonly (readonly [string, LatencyRow])[]): string {
  return found.length === 0 ? '' : `Latency: events sent at their time by a producer beside, default settings; milliseconds from when an event was due until a reader of committed records had its output.

| runtime | client | events/s | events | p50 | p99 | longest |
|---|---|---|---|---|---|---|
${found.map(([name, row]) => `| ${name} | ${row.client} | ${number(row.perSecond)} | ${number(row.events)} | ${row.p50Ms} | ${row.p99Ms} | ${row.longestMs} |`).join('\n')}

`
}

function rebuilds(recovery: readonly (readonly [string, RecoveryRow])[]): string {
  const rates = recovery.flatMap(([name, { client, rebuiltPerSecond }]) => (rebuiltPerSecond === undefined ? [] : [`${number(rebuiltPerSecond)} (${name}, ${client})`]))
  return rates.length === 0 ? '' : `\n\nStates that a partition puts into an empty Redis in a second: ${rates.join(', ')}.`
}

function rivalsTable(results: Results): string {
  const found = results.runtimes.node?.cluster?.rivals ?? []
  const [first] = found
  if (first === undefined) return ''
  const words = (what: RivalRow['what']): string => (what === 'platformatic' || what === 'kafkajs' ? `statelog, client ${what}` : RIVAL_WORDS[what].title)
  return `## Beside others on the same broker

W1 as above, one process each, taking turns: the same loaded topic, the same commit interval of 100 ms where there is one, the same reader of committed records and the same checker. Processor time is that of the
process, not of the broker or Redis.

| what | events | events/s | processor, us/event | first output after ms | version | date |
|---|---|---|---|---|---|---|
${found.map(({ what, events, rate, cpuUs, firstMs, version, date }) => `| ${words(what)} | ${number(events)} | ${number(rate)} | ${cpuUs} | ${number(firstMs)} | ${version} | ${date} |`).join('\n')}

Medians of ${first.rounds} rounds; the first tenth of each is not counted. The loops by hand import the very step that statelog runs here; in Java it is written again. What each does:

- statelog: outputs, positions, the journal of its inputs and the states that are due are in one transaction for each partition; states are snapshots in a topic of their own, with Redis as a cache that may be
  lost. After a crash snapshots are loaded and only what came after them is folded. Timers, messages between actors and the parking of what fails are there whether used or not.
${found.flatMap(({ what }) => (what === 'platformatic' || what === 'kafkajs' ? [] : [`- ${RIVAL_WORDS[what].title}: ${RIVAL_WORDS[what].sentence}`])).join('\n')}`
}

function microTable(results: Results): string {
  const found = rows<MicroRow>(results, (runtime) => runtime.micro)
  if (found.length === 0) return ''
  const names = [...new Set(found.map(([, { name }]) => name))]
  const cell = (runtime: RuntimeName, name: string): string => String(found.find(([one, row]) => one === runtime && row.name === name)?.[1].medianUs ?? '')
  return `## Parts

Median microseconds an operation (tinybench).

| | Node | Bun |
|---|---|---|
${names.map((name) => `| ${name} | ${cell('node', name)} | ${cell('bun', name)} |`).join('\n')}`
}

const NOTES = `## What is measured, and what is not

- W1 is the workload that other stream processors are measured with on a Kafka log: the same records, step and outputs of 32 bytes without headers. Embedded, its
  source is the embedded log and not a broker; its step uses statelog's own \`exp\`.
- W1's score is computed in the step; the fleet's tracker asks its model by \`infer\`.
- Not measured: several machines, replication, other disks, hours of running, long waits of event time. No claim is made about them.
- The plain reducer is a fixture that stands behind the engine port; users write statecharts. It shows what the runtime costs without a statechart.
- The bench is no part of \`npm test\`; a small W1 with its checker is (\`test/integration/w1.test.ts\`).

Files: \`bench.ts\` the command · \`w1/\` events, step, statechart, reducer, reference, checker, raw append, one run, rounds, a watcher · \`delivery/\` tracker, load, runtime · \`query/\` a runtime that is asked, who asks, rounds · \`cluster/\` a member of the group, the reader that times it, drain, turns, idle, recovery, failover, clients beside it that only do transactions · \`browser/\` pages that stay open · \`rivals/\` what takes turns with it · \`micro.ts\` · \`profile.ts\` · \`results.ts\` · \`page.ts\`.`

const number = (value: number): string => value.toLocaleString('en-US')

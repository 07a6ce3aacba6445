// Micro-benchmarks: the parts of the path of one event, each by itself. Prints rows as JSON; `bench.ts` starts it on each runtime.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bench } from 'tinybench'
import { initialTransition, transition } from 'xstate'
import { etaFeatures } from '../../actors/delivery/features.ts'
import { cardFeatures } from '../../actors/fraud/features.ts'
import { fraud } from '../../actors/fraud/model.ts'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { systemClock } from '../../adapters/node/clock.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import type { SqliteLog } from '../../adapters/sqlite/log.ts'
import { compiledEngine } from '../../adapters/xstate/compiled.ts'
import { xstateEngine } from '../../adapters/xstate/engine.ts'
import { scorer } from '../../system/models/scorer.ts'
import { blankEntity, decodeEntity, encodeEntity } from '../../system/partition/entity.ts'
import type { Entity } from '../../system/partition/entity.ts'
import type { Engine, EngineState, PreparedMachine } from '../../system/ports/engine.ts'
import { crc32c } from '../../system/protocol/checksum.ts'
import { parseEntityId } from '../../system/protocol/ids.ts'
import { exp, log, pow, sin } from '../../system/protocol/math.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'
import { nestedEvent, nestedMachine } from './nested.ts'
import { accountName, paymentAt } from './w1/events.ts'
import { accountMachine } from './w1/machine.ts'
import { w1System } from './w1/system.ts'
import type { EngineName } from './w1/system.ts'
import type { MicroRow } from './results.ts'

interface Micro {
  readonly name: string
  /** Operations in one call. */
  readonly operations: number
  readonly run: () => unknown
}

const TIMES = 1000
const WORKLOAD = { events: 1e6, accounts: 1000, visits: 'random' } as const

/** Calls `one` with 0, 1, 2 ... for ever, a thousand at a time; what it answers is kept, so that nothing is optimised away. */
let sink: unknown
function many(name: string, one: (n: number) => unknown): Micro {
  let n = 0
  return { name, operations: TIMES, run: () => {
    for (let end = n + TIMES; n < end; n += 1) sink = one(n)
  } }
}

function machineOf(engine: EngineName): PreparedMachine {
  const [actor] = w1System(engine).actors
  if (actor === undefined) throw new TypeError('the system has an actor type')
  return actor.machine
}

function initialOf(machine: PreparedMachine): EngineState {
  const made = machine.initial({ id: 'a0000000' }, 0)
  if (made.kind === 'failed') throw new TypeError(made.message)
  return made.state
}

const ENGINE_WORDS = { reducer: 'plain reducer', compiled: 'compiled', xstate: 'XState behind the port' } as const
const EVENTS = 20_000
const payments = Array.from({ length: EVENTS }, (_, n) => ({ type: 'payment' as const, seq: n, ...paymentAt(WORKLOAD, n) }))
const nestedEvents = Array.from({ length: EVENTS }, (_, n) => nestedEvent(n))

function step(engine: EngineName): Micro {
  const machine = machineOf(engine)
  const states = Array.from({ length: WORKLOAD.accounts }, () => initialOf(machine))
  return many(`step: W1's account, ${ENGINE_WORDS[engine]}`, (n) => {
    const payment = payments[n % EVENTS] as (typeof payments)[0]
    const result = machine.step(states[payment.account] as EngineState, payment, 0)
    if (result.kind === 'ok') states[payment.account] = result.state
    return result
  })
}

function nestedStep(engine: Engine): Micro {
  const prepared = engine.prepare(nestedMachine, { version: 1, strict: false })
  if (prepared.kind === 'refused') throw new TypeError(prepared.problems.join())
  const { machine } = prepared
  let state = initialOf(machine)
  return many(`step: 30 states, nested and parallel, ${engine === compiledEngine ? ENGINE_WORDS.compiled : ENGINE_WORDS.xstate}`, (n) => {
    const result = machine.step(state, nestedEvents[n % EVENTS] as (typeof nestedEvents)[0], 0)
    if (result.kind === 'ok') state = result.state
    return result
  })
}

/** What XState exports for pure steps. */
function transitions(): readonly Micro[] {
  const accounts = Array.from({ length: WORKLOAD.accounts }, () => initialTransition(accountMachine)[0])
  let [nested] = initialTransition(nestedMachine)
  return [
    many("step: W1's account, XState's transition()", (n) => {
      const payment = payments[n % EVENTS] as (typeof payments)[0]
      const [next, actions] = transition(accountMachine, accounts[payment.account] as (typeof accounts)[0], payment)
      accounts[payment.account] = next
      return actions
    }),
    many("step: 30 states, nested and parallel, XState's transition()", (n) => {
      const [next, actions] = transition(nestedMachine, nested, nestedEvents[n % EVENTS] as (typeof nestedEvents)[0])
      nested = next
      return actions
    }),
  ]
}

const steps: readonly Micro[] = [step('reducer'), step('compiled'), step('xstate'), nestedStep(compiledEngine), nestedStep(xstateEngine), ...transitions()]

function featuresAndScore(): readonly Micro[] {
  let state = cardFeatures.empty
  const transaction = (n: number): Parameters<typeof cardFeatures.fold>[1] => ({ type: 'transaction', time: 1_600_000_000_000 + n * 3_600_000, transactionId: `t${n}`, cardId: 'c', terminalId: 'x', amount: (n * 7) % 100 })
  let track = etaFeatures.empty
  const at = { time: 0, lat: 48.1, lng: 11.5, traffic: 1, isPickedUp: false, restaurantLat: 48.11, restaurantLng: 11.5, customerLat: 48.12, customerLng: 11.52 }
  const model = scorer(fraud)
  const vector = fraud.features.map((_, at) => at * 3)
  return [
    many('features: fold and read the 8 of a card, three sliding windows', (n) => {
      state = cardFeatures.fold(state, transaction(n))
      return cardFeatures.values(state)
    }),
    many('features: fold and read the 5 of an ETA, a way of 10 points', (n) => {
      track = etaFeatures.fold(track, { ...at, time: n * 5000, lat: at.lat + (n % 100) / 1e4 })
      return etaFeatures.values(track)
    }),
    many('features: read the 5 of an ETA', () => etaFeatures.values(track)),
    many(`score: ${fraud.trees.length} trees, ${fraud.features.length} features`, (n) => {
      vector[0] = n % 200
      return model.score(vector)
    }),
  ]
}

function bytes(): readonly Micro[] {
  const tell = ['t', 'fraud.card', 1, 1_700_000_000_000, 'fraud.card/transactions-1-77/0', 1_700_000_000_000, 1_700_000_000_500, 'transactions', '1-0000000000000077', { type: 'purchase', amount: 20.5, cardId: 'c12', time: 1_700_000_000_000 }]
  const encoded = cborCodec.encode(tell).slice()
  const record = new Uint8Array(128).fill(7)
  return [
    many('codec: encode a tell', () => cborCodec.encode(tell)),
    many('codec: decode a tell', () => cborCodec.decode(encoded)),
    many('checksum: 128 bytes', () => crc32c(record)),
  ]
}

function snapshots(): readonly Micro[] {
  const [definition] = w1System('reducer').actors
  const id = parseEntityId('a0000000')
  if (definition === undefined || id === undefined) throw new TypeError('the system has an actor type')
  let state = initialOf(definition.machine)
  for (let n = 0; n < 20; n += 1) {
    const result = definition.machine.step(state, { type: 'payment', seq: n, ...paymentAt(WORKLOAD, n) }, 0)
    if (result.kind === 'ok') state = result.state
  }
  const entity: Entity = blankEntity(id, { machine: state })
  const stored = encodeEntity(cborCodec, definition, entity).slice()
  return [
    many(`snapshot: encode a state of ${stored.length} bytes`, () => encodeEntity(cborCodec, definition, entity)),
    many('snapshot: decode and restore it', () => decodeEntity(cborCodec, definition, id, 1, stored)),
  ]
}

const math: readonly Micro[] = [
  many('math: exp', (n) => exp((n % 100) / 10)), many('math: log', (n) => log(1 + n)), many('math: sin', (n) => sin(n)), many('math: pow', (n) => pow(1 + (n % 7), 0.3)),
]

/** Appends of 500 records of 150 bytes, one transaction each. */
function append(log: SqliteLog): Micro {
  const records = Array.from({ length: 500 }, (_, n): OutRecord => ({ topic: 'appended', partition: 0, key: utf8Encode(accountName(n)), value: new Uint8Array(142).fill(n), headers: [], timestampMs: n }))
  return { name: 'SQLite: append a record of 150 bytes, 500 in a transaction', operations: 500, run: () => log.append(records) }
}

const folder = mkdtempSync(join(tmpdir(), 'statelog-micro-'))
const sqlite = await openSqliteLog({ folder, mode: 'runtime', clock: systemClock })
await sqlite.ensureTopics([{ name: 'appended', partitions: 1, cleanup: 'delete' }])
const micros = [...steps, ...featuresAndScore(), ...math, ...bytes(), ...snapshots(), append(sqlite)]
const bench = new Bench({ time: 500, warmupTime: 200 })
for (const { name, run } of micros) bench.add(name, run)
await bench.run()
await sqlite.close()
rmSync(folder, { recursive: true })
const rows = micros.map(({ name, operations }): MicroRow => {
  const result = bench.tasks.find((task) => task.name === name)?.result
  if (result?.state !== 'completed') throw new TypeError(`${name} did not complete: ${JSON.stringify(result)}`)
  return { name, medianUs: Number(((result.latency.p50 * 1000) / operations).toPrecision(3)), errorPercent: Number(result.latency.rme.toFixed(1)) }
})
process.stdout.write(`${JSON.stringify(rows)}\n`)
if (sink === rows) process.exitCode = 1

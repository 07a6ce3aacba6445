// W1 on Restate: the service with a virtual object for each account, and the server that feeds it from the input topic.
//
// Owns: the server's process, which ends with this one. Further settings: W1_RESTATE_SERVER (its file), W1_RESTATE_SDK (the package's entry).
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import kafkajs from 'kafkajs'
import { freePort } from '../../../adapters/services/server.ts'
import { partitionOf } from '../../../system/protocol/murmur2.ts'
import type { Account, Standing } from '../w1/account.ts'
import { madeState, newState, outputOf, stepped } from '../w1/reducer.ts'
import type { State } from '../w1/reducer.ts'
import { PARTITIONS, paymentOf, scoredBytes } from '../w1/system.ts'
import { Outbox } from './outbox.ts'
import { fail, settings } from './settings.ts'

/** What is used of the package, which is no dependency of ours. */
interface ObjectContext {
  readonly key: string
  get(name: string, serde: unknown): Promise<Uint8Array | null>
  set(name: string, value: Uint8Array, serde: unknown): void
  run(name: string, action: () => Promise<void>): Promise<void>
}
interface Sdk {
  readonly serde: { readonly binary: unknown }
  readonly handlers: { readonly object: { exclusive(options: object, handler: (context: ObjectContext, value: Uint8Array) => Promise<void>): unknown } }
  object(definition: object): unknown
  serve(options: { readonly services: readonly unknown[]; readonly port: number }): Promise<unknown>
}

const { W1_RESTATE_SERVER = '', W1_RESTATE_SDK = '', PATH = '', STATE_DIR = '.' } = process.env
const READY_MS_MAX = 60_000
const AGAIN_MS = 200
const CLUSTER = 'bench'
const STATE = 'account'

const sdk = (await import(pathToFileURL(W1_RESTATE_SDK).href)) as Sdk
const producer = new kafkajs.Kafka({ brokers: settings.brokers, clientId: settings.clientId, logLevel: kafkajs.logLevel.NOTHING })
  .producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, createPartitioner: () => ({ message }) => message.partition ?? 0 })
const outbox = new Outbox(producer, settings.output)

/** As doubles: the standing, then the account. */
function stateOf(stored: Uint8Array | null): State {
  if (stored === null) return newState()
  const [standing = 0, ...account] = new Float64Array(stored.slice().buffer)
  return madeState(standing as Standing, account as Account)
}

const bytesOf = ({ standing, account }: State): Uint8Array => new Uint8Array(Float64Array.of(standing, ...account).buffer)

async function pay(context: ObjectContext, value: Uint8Array): Promise<void> {
  const payment = paymentOf(value)
  const after = stepped(stateOf(await context.get(STATE, sdk.serde.binary)), payment)
  context.set(STATE, bytesOf(after), sdk.serde.binary)
  const key = Buffer.from(context.key)
  await context.run('say', () => outbox.send({ key, value: Buffer.from(scoredBytes(outputOf(after, payment))), partition: partitionOf(key, PARTITIONS) }))
}

/** Again until it succeeds: a server that starts refuses for a while. */
async function ask(url: string, body?: object): Promise<void> {
  const untilMs = performance.now() + READY_MS_MAX
  for (;;) {
    const answer = await fetch(url, body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }).catch((thrown: unknown) => String(thrown))
    if (typeof answer !== 'string' && answer.ok) return
    if (performance.now() > untilMs) fail(new TypeError(`${url}: ${typeof answer === 'string' ? answer : await answer.text()}`))
    await sleep(AGAIN_MS)
  }
}

async function startServer(admin: number): Promise<void> {
  const folder = join(STATE_DIR, 'restate')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'restate.toml')
  writeFileSync(file, [
    `default-num-partitions = ${PARTITIONS}`, `bind-port = ${await freePort(0)}`, '[admin]', `bind-port = ${admin}`, '[ingress]', `bind-port = ${await freePort(0)}`,
    '[[ingress.kafka-clusters]]', `name = "${CLUSTER}"`, `brokers = [${settings.brokers.map((broker) => `"PLAINTEXT://${broker}"`).join(', ')}]`,
  ].join('\n'))
  // The kernel ends it when this process is killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', W1_RESTATE_SERVER, '--config-file', file, '--base-dir', join(folder, 'data'), '--no-logo'], { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH, RUST_LOG: 'error,octocrab=off', DO_NOT_TRACK: '1' } })
  child.once('exit', (code) => fail(new TypeError(`the server ended with ${code}`)))
}

process.on('SIGTERM', () => process.exit(0))
await producer.connect()
const [service, admin] = [await freePort(0), await freePort(0)]
await sdk.serve({ port: service, services: [sdk.object({ name: 'Account', handlers: { pay: sdk.handlers.object.exclusive({ input: sdk.serde.binary }, pay) } })] })
await startServer(admin)
await ask(`http://127.0.0.1:${admin}/health`)
await ask(`http://127.0.0.1:${admin}/deployments`, { uri: `http://127.0.0.1:${service}` })
await ask(`http://127.0.0.1:${admin}/subscriptions`, { source: `kafka://${CLUSTER}/${settings.input}`, sink: 'service://Account/pay', options: { 'auto.offset.reset': 'earliest', 'group.id': settings.group } })

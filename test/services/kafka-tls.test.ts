// Listeners with TLS, with and without users, by either client; and what an operator is told when the client does not fit the listener.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Connection } from '../../adapters/kafka/connection.ts'
import { metadataV12 } from '../../adapters/kafka/topic-requests.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { PASSWORD_VARIABLE } from '../../adapters/node/kafka-security.ts'
import type { KafkaSecurity } from '../../adapters/node/kafka-security.ts'
import { KAFKA_CLIENTS, openCluster } from '../../adapters/node/medium.ts'
import type { KafkaClient } from '../../adapters/node/medium.ts'
import { kafkaMissing, startKafka, stopKafka } from '../../adapters/services/kafka.ts'
import { freePort } from '../../adapters/services/server.ts'
import { MEMBERSHIP, Owner, batch, record } from '../contract/log-fixture.ts'
import { HAS_OPENSSL, authority } from '../support/certificates.ts'

const missing = HAS_OPENSSL ? kafkaMissing() : 'openssl is not installed'
const options = missing === undefined ? { timeout: 120_000 } : { skip: missing }
const READING = { ...MEMBERSHIP, topics: ['payments', 'app.card.inbox'] }
const PASSWORD = 'r1ght'
/** On the listener `brief`, which ends a connection whose user has not proven again for so long who it is. */
const REAUTHENTICATION_MS = 2000

const folder = mkdtempSync(join(tmpdir(), 'statelog-kafka-tls-'))
const ports = { plain: 0, tls: 0, users: 0, brief: 0 }
const files = { own: '', other: '' }
let brokers: Awaited<ReturnType<typeof startKafka>> = []

before(async () => {
  if (missing !== undefined) return
  const { ca, both } = authority(folder, 'own')
  Object.assign(files, { own: ca, other: authority(folder, 'other').ca })
  for (const name of ['plain', 'tls', 'users', 'brief'] as const) ports[name] = await freePort(0)
  const controller = await freePort(0)
  const clients = `PLAINTEXT://127.0.0.1:${ports.plain},TLS://127.0.0.1:${ports.tls},USERS://127.0.0.1:${ports.users},BRIEF://127.0.0.1:${ports.brief}`
  brokers = await startKafka({
    folder, port: ports.plain, brokers: 1, detached: false, formatArgs: ['--add-scram', `SCRAM-SHA-512=[name=app,password=${PASSWORD}]`],
    properties: [
      `controller.quorum.voters=1@127.0.0.1:${controller}`, `listeners=${clients},CONTROLLER://127.0.0.1:${controller}`, `advertised.listeners=${clients}`,
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,USERS:SASL_SSL,BRIEF:SASL_SSL',
      ...['tls', 'users', 'brief'].flatMap((name) => [`listener.name.${name}.ssl.keystore.type=PEM`, `listener.name.${name}.ssl.keystore.location=${both}`]),
      ...['users', 'brief'].flatMap((name) => [`listener.name.${name}.sasl.enabled.mechanisms=SCRAM-SHA-512`, `listener.name.${name}.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;`]),
      `listener.name.brief.scram-sha-512.connections.max.reauth.ms=${REAUTHENTICATION_MS}`,
    ],
  })
}, { timeout: 90_000 })

after(async () => {
  await stopKafka(brokers)
  rmSync(folder, { recursive: true, force: true })
})

const open = (client: KafkaClient, port: number, security: KafkaSecurity | undefined, password = PASSWORD): ReturnType<typeof openCluster> => {
  process.env[PASSWORD_VARIABLE] = password
  return openCluster({ kind: 'kafka', brokers: `127.0.0.1:${port}`, namespace: `${client}.`, client, ...(security === undefined ? {} : { security }) }, wallClock)
}

/** What an operator is told. */
async function told(opening: ReturnType<typeof openCluster>): Promise<string> {
  const log = await opening.catch((thrown: unknown) => `${(thrown as { readonly code?: string }).code}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  if (typeof log === 'string') return log
  await log.close()
  return 'opened'
}

/** Everything that a runtime does on the log. */
async function work(client: KafkaClient, port: number, security: KafkaSecurity): Promise<void> {
  const log = await open(client, port, security)
  try {
    assert.deepEqual(await log.ensureTopics(['payments', 'app.card.inbox', 'decisions'].map((name) => ({ name, partitions: 2, cleanup: 'delete' as const }))), [])
    assert.equal((await log.append([record('payments', 0, 'x')])).kind, 'done')
    const lease = await (await Owner.join(log, { ...READING, group: `app.card.${port}` })).lease(0)
    await lease.fence()
    assert.equal((await lease.commit(batch([record('decisions', 0, 'd')], { 'payments': 1, 'app.card.inbox': 0 }, 'm'))).kind, 'done')
    assert.equal((await lease.committed())?.metadata, 'm')
  } finally {
    await log.close()
  }
}

for (const client of KAFKA_CLIENTS) {
  test(`${client}: over TLS, without and with a user, everything works`, options, async () => {
    await work(client, ports.tls, { ca: files.own })
    await work(client, ports.users, { ca: files.own, user: 'app' })
  })

  test(`${client}: an authority that did not sign the certificate, or none, is said with the setting that cures it`, options, async () => {
    const all = await Promise.all([{ ca: files.other }, { tls: true }].map((security) => told(open(client, ports.tls, security))))
    for (const said of all) assert.match(said, /^kafka\/certificate: .*--kafka-ca/)
  })

  test(`${client}: TLS on one side only is said with the setting that cures it`, options, async () => {
    const [plain, tls] = await Promise.all([told(open(client, ports.tls, undefined)), told(open(client, ports.plain, { ca: files.own }))])
    assert.match(plain, /^kafka\/unreachable: .*needs --kafka-tls/)
    assert.match(tls, /^kafka\/unreachable: .*leave --kafka-tls and --kafka-ca out/)
  })

  test(`${client}: a wrong password, an unknown user and a mechanism that the listener does not take are credentials`, options, async () => {
    const credentials = /^kafka\/credentials: .*Check user, password and mechanism/
    const said = await Promise.all([
      told(open(client, ports.users, { ca: files.own, user: 'app' }, 'wr0ng')), told(open(client, ports.users, { ca: files.own, user: 'nobody' })),
      told(open(client, ports.users, { ca: files.own, user: 'app', mechanism: 'SCRAM-SHA-256' })),
    ])
    for (const each of said) assert.match(each, credentials)
    assert.doesNotMatch(said.join(), /wr0ng/)
  })
}

test('a connection outlives what the broker gives an authentication, under load and at rest', options, async () => {
  const sasl = { mechanism: 'SCRAM-SHA-512', username: 'app', password: PASSWORD } as const
  const connection = await Connection.open({ host: '127.0.0.1', port: ports.brief }, { clientId: 'test', security: { tls: { ca: readFileSync(files.own, 'utf8') }, sasl }, connectMsMax: 5000, requestMsMax: 5000 })
  const untilMs = performance.now() + 2 * REAUTHENTICATION_MS
  while (performance.now() < untilMs) await Promise.all([metadataV12(connection, [], false, false), metadataV12(connection, [], false, false)])
  await new Promise((resolve) => setTimeout(resolve, 1.5 * REAUTHENTICATION_MS))
  assert.equal((await metadataV12(connection, [], false, false)).brokers.length, 1)
  connection.close()
})

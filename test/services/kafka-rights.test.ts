// A cluster with users and rights: SASL/SCRAM, and ACLs that hold just what an app needs. Each missing right is named with what it is missing on.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import { openKafkajsLog } from '../../adapters/kafkajs/log.ts'
import type { Log } from '../../system/ports/log.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { kafkaMissing, startKafka, stopKafka } from '../../adapters/services/kafka.ts'
import { freePort } from '../../adapters/services/server.ts'
import { MEMBERSHIP, Owner, batch, record } from '../contract/log-fixture.ts'

const missing = kafkaMissing()
const options = missing === undefined ? { timeout: 120_000 } : { skip: missing }
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

type Right = readonly [type: 'topic' | 'group' | 'transactional id', prefix: string, operations: readonly (keyof typeof AclOperationTypes)[]]

/** All that an app needs, on what begins with its name; no right on the cluster. */
const APP: readonly Right[] = [['topic', 'app.', ['READ', 'WRITE', 'DESCRIBE_CONFIGS']], ['group', 'app.', ['READ']], ['transactional id', 'app.', ['WRITE', 'DESCRIBE']]]
const RESOURCES = { 'topic': AclResourceTypes.TOPIC, 'group': AclResourceTypes.GROUP, 'transactional id': AclResourceTypes.TRANSACTIONAL_ID }
const READING = { ...MEMBERSHIP, topics: ['payments', 'app.card.inbox'] }

const CLIENTS = { platformatic: openKafkaLog, kafkajs: openKafkajsLog } as const

type Client = keyof typeof CLIENTS

/** A right, what is said without it, and the end of the command that gives it. */
const EACH: readonly (readonly [type: Right[0], operation: Right[2][number], told: RegExp])[] = [
  ['topic', 'READ', /topic 'app\.(payments|app\.card\.inbox)'.*grant READ.*kafka-acls .*--operation READ.* --topic 'app\./],
  ['topic', 'WRITE', /may write no topic.*grant WRITE on the topics.*kafka-acls .*--operation WRITE .*--topic/],
  ['transactional id', 'WRITE', /transactional id 'app\.app\/card\/\d'.*grant WRITE.*kafka-acls .*--transactional-id 'app\.app\/card\/\d'/],
]

class Guarded {
  readonly folder = mkdtempSync(join(tmpdir(), 'statelog-rights-'))
  #brokers: Awaited<ReturnType<typeof startKafka>> = []
  #clients = 0

  async start(): Promise<void> {
    this.#clients = await freePort(0)
    const port = await freePort(0)
    const controller = await freePort(0)
    this.#brokers = await startKafka({
      folder: this.folder, port, brokers: 1, detached: false,
      formatArgs: ['--add-scram', 'SCRAM-SHA-256=[name=app,password=right]', '--add-scram', 'SCRAM-SHA-256=[name=other,password=right]'],
      properties: [
        `controller.quorum.voters=1@127.0.0.1:${controller}`,
        `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller},CLIENTS://127.0.0.1:${this.#clients}`,
        `advertised.listeners=PLAINTEXT://127.0.0.1:${port},CLIENTS://127.0.0.1:${this.#clients}`,
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,CLIENTS:SASL_PLAINTEXT',
        'listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-256',
        'listener.name.clients.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;',
        'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer', 'super.users=User:ANONYMOUS',
      ],
    })
    const admin = await openKafkaLog({ brokers: `127.0.0.1:${port}`, clock: wallClock, namespace: 'app.' })
    const problems = await admin.ensureTopics(['payments', 'app.card.inbox', 'decisions'].map((name) => ({ name, partitions: 2, cleanup: 'delete' as const })))
    assert.deepEqual(problems, [])
    await admin.close()
  }

  get brokers(): string {
    return `127.0.0.1:${this.#clients}`
  }

  open(client: Client, username: string, password: string, notice: (message: string) => void = () => {}): Promise<Log> {
    return CLIENTS[client]({ notice, brokers: this.brokers, clock: wallClock, namespace: 'app.', heartbeatMs: 50, security: { sasl: { mechanism: 'SCRAM-SHA-256', username, password } } })
  }

  /** Exactly these, in the place of what the user had. */
  async grant(user: string, rights: readonly Right[]): Promise<void> {
    const admin = new kafkajs.Kafka({ brokers: this.#brokers.map(({ port }) => `127.0.0.1:${port}`), logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    const principal = `User:${user}`
    await admin.deleteAcls({ filters: [{ resourceType: AclResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY, operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY, principal }] })
    await admin.createAcls({ acl: rights.flatMap(([type, resourceName, operations]) => operations.map((operation) => ({
      resourceType: RESOURCES[type], resourceName, resourcePatternType: ResourcePatternTypes.PREFIXED, principal, host: '*', operation: AclOperationTypes[operation], permissionType: AclPermissionTypes.ALLOW,
    }))) })
    await admin.disconnect()
  }

  async stop(): Promise<void> {
    await stopKafka(this.#brokers)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** What a user of the app does: everything that a runtime does on the log. Answers the first complaint. */
async function work(guarded: Guarded, client: Client, user: string): Promise<string | undefined> {
  const log = await guarded.open(client, user, 'right')
  try {
    const appended = await log.append([record('payments', 0, 'x')])
    if (appended.kind !== 'done') return appended.reason
    const lease = await (await Owner.join(log, READING)).lease(0)
    await lease.fence()
    const outcome = await lease.commit(batch([record('decisions', 0, 'd')], { payments: 1, 'app.card.inbox': 0 }, 'm'))
    if (outcome.kind !== 'done') return 'reason' in outcome ? outcome.reason : outcome.kind
    assert.equal((await lease.committed())?.metadata, 'm')
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } finally {
    await log.close()
  }
}

for (const client of ['platformatic', 'kafkajs'] as const) {
  test(`${client}: a user with the rights of its app does everything, and each missing right is named with the command that gives it`, options, async () => {
    const guarded = new Guarded()
    try {
      await guarded.start()
      await assert.rejects(guarded.open(client, 'app', 'wrong'), /credentials/)
      await guarded.grant('app', APP)
      assert.equal(await work(guarded, client, 'app'), undefined)
      for (const [type, operation, told] of EACH) {
        await guarded.grant('other', APP.map(([kind, prefix, operations]) => [kind, prefix, operations.filter((each) => kind !== type || (each !== operation && each !== 'DESCRIBE'))] as const))
        assert.match(await work(guarded, client, 'other') ?? 'nothing was missing', told, `without ${operation} on the ${type}`)
      }
      const seen = async (user: string): Promise<readonly string[]> => {
        const log = await guarded.open(client, user, 'right')
        return log.keeping(['payments', 'decisions']).then(({ topics }) => topics.map(({ topic }) => topic)).finally(() => log.close())
      }
      assert.deepEqual(await seen('app'), ['payments', 'decisions'])
      await guarded.grant('other', [['topic', 'app.', ['READ', 'WRITE']]])
      assert.deepEqual(await seen('other'), [], 'how topics are kept is not guessed')
      await guarded.grant('other', APP)
      const log = await guarded.open(client, 'other', 'right')
      const making = log.ensureTopics([{ name: 'fresh', partitions: 1, cleanup: 'delete' }])
      await assert.rejects(making.finally(() => log.close()), /topic 'app\.fresh'.*kafka-acls .*--operation CREATE .*--topic 'app\.fresh'/)
    } finally {
      await guarded.stop()
    }
  })

  test(`${client}: without the right on its group a member says so, once`, options, async () => {
    const guarded = new Guarded()
    try {
      await guarded.start()
      await guarded.grant('app', APP.filter(([type]) => type !== 'group'))
      const notice = Promise.withResolvers<string>()
      const log = await guarded.open(client, 'app', 'right', notice.resolve)
      await log.join(READING, { assigned: () => {} })
      assert.match(await notice.promise, /group 'app\.app\.card'.*grant READ on the group: kafka-acls .*--group 'app\.app\.card'/)
      await log.close()
    } finally {
      await guarded.stop()
    }
  })
}

// A cluster with users and rights: SASL/SCRAM, and ACLs that hold just what an app needs. Each missing right is named with what it is missing on, and with the
// command that gives it.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import { APP_RIGHTS, appCommands } from '../../adapters/kafka-rights/rights.ts'
import type { Operation, ResourceKind } from '../../adapters/kafka-rights/rights.ts'
import { openKafkajsLog } from '../../adapters/kafkajs/log.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { kafkaMissing, startKafka, stopKafka } from '../../adapters/services/kafka.ts'
import { freePort } from '../../adapters/services/server.ts'
import type { Log, Membership } from '../../system/ports/log.ts'
import { MEMBERSHIP, Owner, batch, pollOf, record } from '../contract/log-fixture.ts'

const missing = kafkaMissing()
const options = missing === undefined ? { timeout: 120_000 } : { skip: missing }
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

type Right = readonly [kind: ResourceKind, prefix: string, operations: readonly Operation[]]

const NAMESPACE = 'app.'
/** All that an app needs, as the page lists it. */
const APP: readonly Right[] = (Object.keys(APP_RIGHTS) as ResourceKind[]).map((kind) => [kind, NAMESPACE, APP_RIGHTS[kind]])
const RESOURCES = { 'topic': AclResourceTypes.TOPIC, 'group': AclResourceTypes.GROUP, 'transactional id': AclResourceTypes.TRANSACTIONAL_ID }
/** A group for each client: both cannot be in one, and who lost the right on it cannot leave it. */
const readingOf = (client: Client): Membership => ({ ...MEMBERSHIP, group: `app.${client}` })
const CLIENTS = { platformatic: openKafkaLog, kafkajs: openKafkajsLog } as const

type Client = keyof typeof CLIENTS

const without = (kind: ResourceKind, ...operations: readonly Operation[]): readonly Right[] => APP.map(([each, prefix, all]) => [each, prefix, all.filter((one) => each !== kind || !operations.includes(one))] as const)

/** What is missing, what the user has, and what it is told. */
const LACKING: readonly (readonly [what: string, rights: readonly Right[], told: RegExp])[] = [
  ['READ on topics', without('topic', 'READ'), /topic 'app\.(payments|app\.card\.inbox)' \(.*grant READ on the topic: kafka-acls .*--operation READ --topic 'app\.\S+'$/],
  ['WRITE on topics', without('topic', 'WRITE'), /may write no topic .*, among them topic 'app\.payments'; grant WRITE on the topic: kafka-acls .*--operation WRITE --topic 'app\.payments'$/],
  ['WRITE on one topic', [...without('topic', 'WRITE'), ['topic', 'app.payments', ['WRITE']]], /topic 'app\.decisions' \(.*grant WRITE on the topic: kafka-acls .*--operation WRITE --topic 'app\.decisions'$/],
  ['READ, WRITE and so DESCRIBE on topics', without('topic', 'READ', 'WRITE'), /topic 'app\.payments' \(.*kafka-acls .*--operation WRITE .*--topic 'app\.payments'$/],
  ['WRITE on transactional ids', without('transactional id', 'WRITE'), /transactional id 'app\.app\/\w+\/0' \(.*grant WRITE and DESCRIBE on the transactional id: kafka-acls .*--operation WRITE .*--transactional-id 'app\.app\/\w+\/0'$/],
  ['DESCRIBE on transactional ids', without('transactional id', 'WRITE', 'DESCRIBE'), /transactional id 'app\.app\/\w+\/0' \(.*--operation DESCRIBE --transactional-id 'app\.app\/\w+\/0'$/],
  ['READ on groups', [...without('group', 'READ'), ['group', NAMESPACE, ['DESCRIBE']]], /group 'app\.app\.\w+' \(.*grant READ on the group: kafka-acls .*--operation READ --group 'app\.app\.\w+'$/],
  ['READ and so DESCRIBE on groups', without('group', 'READ'), /group 'app\.app\.\w+' \(.*--operation READ --group 'app\.app\.\w+'$/],
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
    const admin = await openKafkaLog({ brokers: `127.0.0.1:${port}`, clock: wallClock, namespace: NAMESPACE })
    const problems = await admin.ensureTopics([...MEMBERSHIP.topics, 'decisions'].map((name) => ({ name, partitions: 2, cleanup: 'delete' as const })))
    assert.deepEqual(problems, [])
    await admin.close()
  }

  get brokers(): string {
    return `127.0.0.1:${this.#clients}`
  }

  open(client: Client, username: string, password: string, notice: (message: string) => void = () => {}): Promise<Log & Required<Pick<Log, 'keeping'>>> {
    return CLIENTS[client]({ notice, brokers: this.brokers, clock: wallClock, namespace: NAMESPACE, heartbeatMs: 50, security: { sasl: { mechanism: 'SCRAM-SHA-256', username, password } } })
  }

  /** Exactly these, in the place of what the user had; the broker knows of them when this resolves. */
  async grant(user: string, rights: readonly Right[]): Promise<void> {
    const admin = new kafkajs.Kafka({ brokers: this.#brokers.map(({ port }) => `127.0.0.1:${port}`), logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    const principal = `User:${user}`
    const any = { resourceType: AclResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY, operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY, principal }
    const acl = rights.flatMap(([kind, resourceName, operations]) => operations.map((operation) => ({
      resourceType: RESOURCES[kind], resourceName, resourcePatternType: ResourcePatternTypes.PREFIXED, principal, host: '*', operation: AclOperationTypes[operation], permissionType: AclPermissionTypes.ALLOW,
    })))
    await admin.deleteAcls({ filters: [any] })
    await admin.createAcls({ acl })
    const known = async (): Promise<number> => (await admin.describeAcls(any)).resources.reduce((sum, { acls }) => sum + acls.length, 0)
    while (await known() !== acl.length) await wallClock.sleep(5)
    await admin.disconnect()
  }

  async stop(): Promise<void> {
    await stopKafka(this.#brokers)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const guarded = new Guarded()

before(async () => {
  if (missing === undefined) await guarded.start()
}, { timeout: 90_000 })

after(() => guarded.stop())

/** What a user of the app does: everything that a runtime does on the log. Answers the first complaint. */
async function work(client: Client, user: string, polls = true): Promise<string | undefined> {
  const notice = Promise.withResolvers<string>()
  const log = await guarded.open(client, user, 'right', notice.resolve)
  const owned = async (): Promise<string | undefined> => {
    const appended = await log.append([record('payments', 0, 'x')])
    if (appended.kind !== 'done') return appended.reason
    const lease = await (await Owner.join(log, readingOf(client))).lease(0)
    await lease.fence()
    await lease.committed()
    if (polls) await lease.poll(pollOf({ 'payments': 0, 'app.card.inbox': 0 }))
    const outcome = await lease.commit(batch([record('decisions', 0, 'd')], { 'payments': 1, 'app.card.inbox': 0 }, 'm'))
    if (outcome.kind !== 'done') return 'reason' in outcome ? outcome.reason : outcome.kind
    assert.equal((await lease.committed())?.metadata, 'm')
    return undefined
  }
  try {
    return await Promise.race([owned(), notice.promise])
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } finally {
    await log.close()
  }
}

test('the page lists the rights that are tried here', () => {
  const page = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  assert.ok(page.includes(`\n${appCommands('host:9092', 'shop', 'shop.').join('\n')}\n`))
})

for (const client of ['platformatic', 'kafkajs'] as const) {
  test(`${client}: with the rights of the page an app makes its topics and does everything`, options, async () => {
    await assert.rejects(guarded.open(client, 'app', 'wrong'), /credentials/)
    await guarded.grant('app', APP)
    const log = await guarded.open(client, 'app', 'right')
    const made = { name: `made-by-${client}`, partitions: 1, cleanup: 'delete' as const }
    assert.deepEqual(await log.ensureTopics([made]), [])
    assert.deepEqual((await log.keeping(['payments', made.name])).topics.map(({ topic }) => topic).sort(), [made.name, 'payments'])
    await log.close()
    assert.equal(await work(client, 'app'), undefined)
  })

  for (const [what, rights, told] of LACKING) {
    test(`${client}: without ${what} it is told so, with the command that gives it`, options, async () => {
      await guarded.grant('other', rights)
      assert.match(await work(client, 'other') ?? 'nothing was missing', told)
    })
  }

  test(`${client}: a commit of topics that may not be read names them`, options, async () => {
    await guarded.grant('other', without('topic', 'READ'))
    assert.match(await work(client, 'other', false) ?? 'nothing was missing', /topic 'app\.payments' or 'app\.app\.card\.inbox' \(.*grant READ on the topic: kafka-acls .*--operation READ --topic 'app\.payments' --topic 'app\.app\.card\.inbox'$/)
  })

  test(`${client}: without CREATE no topic is made, without DESCRIBE_CONFIGS how topics are kept is not guessed`, options, async () => {
    await guarded.grant('other', without('topic', 'CREATE', 'DESCRIBE_CONFIGS'))
    const log = await guarded.open(client, 'other', 'right')
    try {
      await assert.rejects(log.ensureTopics([{ name: 'fresh', partitions: 1, cleanup: 'delete' }]), /topic 'app\.fresh' \(.*CREATE .*kafka-acls .*--operation CREATE .*--topic 'app\.fresh'$/)
      assert.deepEqual((await log.keeping(['payments', 'decisions'])).topics, [])
    } finally {
      await log.close()
    }
  })

  test(`${client}: a member whose right on the group is taken away loses what it has and says so, once`, options, async () => {
    await guarded.grant('other', APP)
    const told: string[] = []
    const notice = Promise.withResolvers<void>()
    const log = await guarded.open(client, 'other', 'right', (message) => {
      told.push(message)
      notice.resolve()
    })
    const lease = await (await Owner.join(log, readingOf(client))).lease(0)
    await guarded.grant('other', without('group', 'READ'))
    await Promise.all([lease.lost, notice.promise])
    await log.close()
    assert.equal(told.length, 1)
    assert.match(told[0] ?? '', /group 'app\.app\.\w+' \(.*grant READ on the group: kafka-acls .*--group 'app\.app\.\w+'$/)
  })
}

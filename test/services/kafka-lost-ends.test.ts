// Answers that come late or never: of the end of a transaction, and of heartbeats while another owner has the partition.
import assert from 'node:assert/strict'
import { DRIVERS, entities, KafkaApp, until } from '../support/kafka-app.ts'
import type { Runtime } from '../support/kafka-app.ts'
import { API, KafkaProxy } from '../support/kafka-proxy.ts'
import { serviceTest } from '../support/services.ts'

const TIMEOUT = { timeout: 60_000 }
const NAMES = entities(8)
const drivers = Object.keys(DRIVERS) as readonly (keyof typeof DRIVERS)[]
/** So many in a row; with kafkajs each costs seconds. */
const LOST = { kafka: 3, kafkajs: 1 }
const SESSION_MS = 6000
/** A handover has the fence of the new owner, and one of an owner that did not know yet. */
const FENCES_PER_HANDOVER_MAX = 2

/** Two ways to the broker, which end after the app has. */
async function throughProxies(kafka: string, partitions: number, run: (app: KafkaApp, proxy: KafkaProxy, other: KafkaProxy) => Promise<void>): Promise<void> {
  const [proxy, other] = [await KafkaProxy.start(kafka), await KafkaProxy.start(kafka)]
  try {
    await KafkaApp.with(kafka, partitions, (app) => run(app, proxy, other))
  } finally {
    await proxy.stop()
    await other.stop()
  }
}

for (const driver of drivers) {
  serviceTest('kafka', `${driver}: answers to the end of a transaction that are held, then lost, cost no output and double none`, TIMEOUT, (kafka) => throughProxies(kafka, 1, async (app, proxy) => {
    await app.start(driver, { brokers: proxy.address })
    await app.pay(NAMES)
    await app.counted(NAMES, 1)
    proxy.answers(API.endTxn, () => 'held')
    const before = proxy.count(API.endTxn)
    await app.pay(NAMES)
    await until(() => proxy.count(API.endTxn) > before)
    // The broker ended it; its owner does not know yet, and does not step on.
    await app.counted(NAMES, 2)
    await app.pay(NAMES)
    assert.equal(proxy.count(API.endTxn), before + 1)
    proxy.answers(API.endTxn, () => 'pass')
    assert.equal(proxy.letGo(), 1)
    await app.counted(NAMES, 3)
    let lost = 0
    proxy.answers(API.endTxn, () => {
      lost += 1
      return lost <= LOST[driver] ? 'lost' : 'pass'
    })
    for (let each = 4; each <= 6; each += 1) {
      await app.pay(NAMES)
      await app.counted(NAMES, each)
    }
    assert.ok(lost > LOST[driver])
  }))
}

for (const driver of drivers) {
  serviceTest('kafka', `${driver}: an owner that does not hear that it was shut out does not duel with the next one`, TIMEOUT, (kafka) => throughProxies(kafka, 2, async (app, deaf, heard) => {
    const fences = (): number => deaf.fences + heard.fences
    let each = 0
    const paid = async (): Promise<void> => {
      each += 1
      await app.pay(NAMES)
      await app.counted(NAMES, each)
    }
    const old = await app.start(driver, { brokers: deaf.address, sessionMs: SESSION_MS })
    await paid()
    deaf.answers(API.heartbeat, () => 'held')
    const before = fences()
    const next = await app.start(driver, { brokers: heard.address, sessionMs: SESSION_MS })
    const lives = (runtime: Runtime, partitions: number): boolean => [0, 1].filter((partition) => runtime.node.partition('one', partition)?.state === 'live').length === partitions
    await until(() => lives(next, 2))
    await paid()
    await paid()
    assert.ok(fences() - before <= FENCES_PER_HANDOVER_MAX * 2, `${fences() - before} fences of 2 handovers`)
    // It hears, comes back as another member, and gets one partition.
    deaf.answers(API.heartbeat, () => 'pass')
    deaf.letGo()
    await until(() => lives(old, 1) && lives(next, 1))
    await paid()
    console.log(`${driver}: ${fences() - before} fences of 3 handovers`)
    assert.ok(fences() - before <= FENCES_PER_HANDOVER_MAX * 3, `${fences() - before} fences of 3 handovers`)
    const settled = fences()
    await paid()
    await paid()
    assert.equal(fences(), settled)
  }))

  serviceTest('kafka', `${driver}: two processes with one instance id do not fence each other without end: the newer one has the partitions and goes on`, TIMEOUT, (kafka) => throughProxies(kafka, 2, async (app, proxy) => {
    let each = 0
    const paid = async (): Promise<void> => {
      each += 1
      await app.pay(NAMES)
      await app.counted(NAMES, each)
    }
    await app.start(driver, { brokers: proxy.address, instanceId: 'twin' })
    await paid()
    for (let handover = 0; handover < 3; handover += 1) {
      const before = proxy.fences
      await app.start(driver, { brokers: proxy.address, instanceId: 'twin' })
      await paid()
      await paid()
      const fences = proxy.fences - before
      console.log(`${driver}: handover ${handover}: ${fences} fences of ${app.partitions} partitions`)
      assert.ok(fences >= app.partitions && fences <= FENCES_PER_HANDOVER_MAX * app.partitions, `${fences} fences of ${app.partitions} partitions`)
    }
  }))
}

// What other clients and operators do to an app's topics and positions: each is noticed, said in plain words, and nothing is doubled, lost or passed over.
import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import { serviceTest } from '../support/services.ts'
import { DRIVERS, entities, KafkaApp, until } from '../support/kafka-app.ts'
import type { Runtime } from '../support/kafka-app.ts'
import { partitionOf } from '../../system/protocol/murmur2.ts'
import { bytes } from '../contract/log-fixture.ts'

const TIMEOUT = { timeout: 60_000 }
const NAMES = entities(24)
const names = Object.keys(DRIVERS) as readonly (keyof typeof DRIVERS)[]

const says = (runtime: Runtime, what: RegExp): Promise<void> => until(() => runtime.said.some((line) => what.test(line)))

/** Waits until something was said of a partition's state, and answers it. */
async function told(runtime: Runtime, what: RegExp): Promise<string> {
  await says(runtime, what)
  return runtime.said.findLast((line) => what.test(line)) ?? ''
}

for (const driver of names) {
  serviceTest('kafka', `${driver}: what a producer placed by CRC32 is dead-lettered with class key where the place is wrong, and the run goes on`, TIMEOUT, (kafka) => KafkaApp.with(kafka, 4, async (app) => {
    const placed = (key: Uint8Array): number => crc32(key) % app.partitions
    const isRight = (name: string): boolean => placed(bytes(name)) === partitionOf(bytes(name), app.partitions)
    const right = NAMES.filter(isRight)
    const wrong = NAMES.filter((name) => !isRight(name))
    assert.ok(right.length > 0 && wrong.length > right.length)
    await app.start(driver)
    await app.pay(NAMES, placed)
    await until(async () => (await app.letters()).length >= wrong.length)
    const letters = await app.letters()
    for (const name of wrong) assert.equal(letters.filter((letter) => letter.includes(`"who":"${name}"`) && letter.includes('key') && letter.includes('murmur2')).length, 1, `${name}: ${letters.join('\n')}`)
    await app.counted(right, 1)
    await app.pay(NAMES)
    await until(async () => [...(await app.counts()).values()].flat().length === right.length * 2 + wrong.length)
    for (const [who, counts] of await app.counts()) assert.deepEqual(counts, isRight(who) ? [1, 2] : [1], who)
    assert.equal((await app.letters()).length, wrong.length)
  }))

  serviceTest('kafka', `${driver}: a source that grows from 12 to 13 partitions stops its actor type, and no start goes on with it`, TIMEOUT, (kafka) => KafkaApp.with(kafka, 12, async (app) => {
    const runtime = await app.start(driver)
    await app.pay(NAMES)
    await app.counted(NAMES, 1)
    await app.admin.createPartitions({ topicPartitions: [{ topic: app.on('deeds'), count: 13 }] })
    await says(runtime, /topic deeds has 13 partitions now, and had 12 .*stops reading.*Make the topic anew with 12/)
    await until(() => Array.from({ length: 12 }, (_, partition) => partition).every((partition) => runtime.said.some((line) => line.startsWith(`${partition} fenced topic deeds has 13`))))
    await app.pay(NAMES)
    await runtime.stop()
    await assert.rejects(app.start(driver), /topic deeds: has 13 partitions, not 12.*make the topic anew/)
    await app.counted(NAMES, 1)
  }))

  serviceTest('kafka', `${driver}: positions that were moved are refused with the cure, deleted ones are taken from the journal`, TIMEOUT, (kafka) => KafkaApp.with(kafka, 2, async (app) => {
    const first = await app.start(driver)
    await app.pay(NAMES)
    await app.counted(NAMES, 1)
    await first.stop()
    const [group, topic] = [app.on('app.one'), app.on('deeds')]
    await app.admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '0' }, { partition: 1, offset: '1' }] })
    const second = await app.start(driver)
    for (const partition of [0, 1]) assert.match(await told(second, new RegExp(`^${partition} position-moved`)), new RegExp(`position of topic deeds is ${partition}, the journal says \\d+\\. Someone moved it.*delete the group's positions`))
    await app.counted(NAMES, 1)
    await second.stop()
    await app.admin.deleteGroups([group])
    const third = await app.start(driver)
    await app.pay(NAMES)
    await app.counted(NAMES, 2)
    await third.stop()
    assert.deepEqual(await app.letters(), [])
  }))

  serviceTest('kafka', `${driver}: a source whose retention passed a position stops the partition with the reason, and nothing is passed over`, TIMEOUT, (kafka) => KafkaApp.with(kafka, 1, async (app) => {
    const first = await app.start(driver)
    await app.pay(NAMES)
    await app.counted(NAMES, 1)
    await first.stop()
    await app.pay(NAMES)
    await app.cut('deeds', 0, NAMES.length + 5)
    const second = await app.start(driver)
    assert.match(await told(second, /^0 failed/), /deeds.*(removed|retention)/)
    await second.stop()
    await app.counted(NAMES, 1)
  }))

  for (const [what, left, hurry] of [['as a whole', 0, undefined], ['above its floor', 1, AbortSignal.abort()]] as const) {
    serviceTest('kafka', `${driver}: a journal whose retention removed it ${what} is history gone, and nothing is read without it`, TIMEOUT, (kafka) => KafkaApp.with(kafka, 1, async (app) => {
      const first = await app.start(driver, hurry === undefined ? {} : { hurry })
      await app.pay(NAMES)
      await app.counted(NAMES, 1)
      await first.stop()
      await app.pay(NAMES)
      // The marker of the last commit takes an offset too.
      await app.cut('app.one.journal', 0, left === 0 ? -1 : -3)
      const second = await app.start(driver)
      assert.match(await told(second, /^0 failed/), /history gone: .*journal/)
      await second.stop()
      await app.counted(NAMES, 1)
    }))
  }
}

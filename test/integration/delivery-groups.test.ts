// Three groups of consumers on one stream of pings: one of them held back disturbs no other, and loses nothing by it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliverySystem } from '../../actors/delivery/system.ts'
import { Fed, feed } from '../../scenarios/delivery/feed.ts'
import { generatedStory } from '../../scenarios/delivery/generated.ts'
import { countOf, Stage } from '../support/delivery/stage.ts'

const PINGS = 5000
const { moments } = generatedStory(4, PINGS)
const system = deliverySystem({ order: 'eventTime', partitions: 2 })
const ALL = ['rider', 'spoof', 'delivery'] as const

const undisturbed = await (async () => {
  const stage = new Stage(system)
  await stage.start()
  await stage.feed(feed(moments, new Fed()))
  await stage.consumed()
  const outputs = { rider: await stage.outputs('rider'), spoof: await stage.outputs('spoof'), delivery: await stage.outputs('delivery') }
  assert.equal(stage.deadLetters, 0)
  await stage.stop()
  return outputs
})()

test('an undisturbed run has outputs of all three groups', () => {
  assert.ok(countOf(undisturbed.rider, 'speeds') > PINGS * 0.98)
  assert.ok(countOf(undisturbed.spoof, 'spoofing') >= 2)
  assert.ok(countOf(undisturbed.delivery, 'etas') > PINGS / 2)
  assert.ok(countOf(undisturbed.delivery, 'payments') > 5)
})

for (const held of ['rider', 'spoof', 'ping-router'] as const) {
  // What the router gives out is what deliveries give out.
  const affected = held === 'ping-router' ? 'delivery' : held
  test(`while ${held} stands still the other groups give out what they would anyway; let go, so does it`, async () => {
    const stage = new Stage(system)
    stage.hold(held, 900)
    await stage.start()
    await stage.feed(feed(moments, new Fed()))
    const others = ALL.filter((type) => type !== affected)
    await stage.consumed(others)
    for (const type of others) assert.deepEqual(await stage.outputs(type), undisturbed[type], type)
    assert.ok((await stage.lag([held])) > PINGS / 2, 'it was held back')
    assert.notDeepEqual(await stage.outputs(affected), undisturbed[affected])
    stage.letGo()
    await stage.consumed()
    for (const type of ALL) assert.deepEqual(await stage.outputs(type), undisturbed[type], type)
    await stage.stop()
  })
}

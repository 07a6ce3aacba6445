import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliverySystem } from '../../../../actors/delivery/system.ts'
import live from '../../../../actors/delivery.system.ts'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { Decoder } from '../../../../system/partition/decode.ts'
import { planSystem } from '../../../../system/partition/topology.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { ping, Play } from './play.ts'

const plans = planSystem(deliverySystem({ order: 'eventTime', partitions: 8 }))

test('three groups of consumers read the pings, and deliveries hear of them through the router alone', () => {
  const groups = [...plans.values()].filter(({ inputs }) => inputs.includes('pings')).map(({ group }) => group)
  assert.deepEqual(groups, ['delivery.rider', 'delivery.spoof', 'delivery.ping-router'])
  assert.deepEqual(plans.get('delivery')?.senders.length, 8)
  assert.deepEqual(plans.get('rider')?.senders, [])
})

test('the router sends a ping to its delivery, and one without a delivery nowhere', () => {
  const event = ping(5, 10)
  assert.deepEqual(new Play('router', 'ingress').send(event).effects, [{ kind: 'tell', target: 'delivery', id: 'd', event }])
  assert.deepEqual(new Play('router', 'ingress').send({ ...event, deliveryId: '' } as typeof event).effects, [])
})

test('what is no ping is refused with its class; what phones may leave out is filled in', () => {
  const decoder = new Decoder(plans.get('rider')!, cborCodec)
  const decode = (fields: object): ReturnType<Decoder['decode']> =>
    decoder.decode('pings', partitionOf(utf8Encode('7'), plans.get('rider')!.partitions), { offset: 0, key: utf8Encode('7'), value: utf8Encode(JSON.stringify({ ...ping(5, 10), ...fields })), headers: [], timestampMs: 0 }, Date.UTC(2026, 0, 1))
  const classOf = (fields: object): string => {
    const decoded = decode(fields)
    return decoded.kind === 'failed' ? decoded.failure.class : decoded.kind
  }
  assert.equal(classOf({}), 'input')
  assert.deepEqual([{ lat: 91 }, { lng: -181 }, { lat: '52' }, { traffic: -1 }].map(classOf), ['schema', 'schema', 'schema', 'schema'])
  assert.deepEqual([{ lat: 0, lng: 0 }, { pingId: '' }, { time: 5 }, { time: Date.UTC(2200, 0, 1) }].map(classOf), ['semantic', 'semantic', 'semantic', 'semantic'])
  assert.equal(classOf({ riderId: '8' }), 'key')
  const bare = decode({ deliveryId: undefined, traffic: undefined })
  assert.deepEqual(bare.kind === 'input' ? [bare.input.event['deliveryId'], bare.input.event['traffic']] : bare, ['', 1])
})

test('live, deliveries answer at once and do not wait for orders that do not come', () => {
  const delivery = live.actors.find(({ name }) => name === 'delivery')
  assert.deepEqual([delivery?.order, delivery?.sources[0]?.idleAfterMs], ['arrival', 5000])
  assert.equal(plans.get('delivery')?.definition.sources[0]?.idleAfterMs, undefined)
})

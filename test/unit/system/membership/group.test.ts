import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testSeed } from '../../../support/seed.ts'
import { Group } from '../../../../system/membership/group.ts'
import type { GroupMember, Seat } from '../../../../system/membership/group.ts'

interface Table {
  readonly group: Group<Seat>
  readonly events: string[]
  readonly seats: Map<string, Seat>
  readonly later: (() => void)[]
  member(name: string): GroupMember<Seat>
}

function table(partitions: number): Table {
  const events: string[] = []
  const later: (() => void)[] = []
  const seats = new Map<string, Seat>()
  const member = (name: string): GroupMember<Seat> => ({
    name,
    seat: (partition) => {
      events.push(`${name} gets ${partition}`)
      const seat: Seat = { partition, lose: () => { events.push(`${name} loses ${partition}`) } }
      seats.set(`${name}${partition}`, seat)
      return seat
    },
  })
  return { group: new Group<Seat>(partitions, (run) => later.push(run)), events, seats, later, member }
}

test('G2, G3: a second member takes half, and each index is lost before it is gained', () => {
  const { group, events, member } = table(4)
  group.join(member('a'))
  group.join(member('b'))
  assert.deepEqual(events, ['a gets 0', 'a gets 1', 'a gets 2', 'a gets 3', 'a loses 2', 'a loses 3', 'b gets 2', 'b gets 3'])
})

test('G4: a released index goes to the only member, or to another that has no more', () => {
  const { group, events, member, seats, later } = table(2)
  const [a, b] = [member('a'), member('b')]
  group.join(a)
  group.release(a, seats.get('a1')!)
  assert.equal(group.holder(1), undefined)
  later.splice(0).forEach((run) => run())
  assert.equal(group.holder(1), a)
  group.join(b)
  group.move(1, a, { told: true })
  events.length = 0
  group.release(a, seats.get('a0')!)
  later.splice(0).forEach((run) => run())
  assert.deepEqual(events, ['b gets 0'])
})

test('G4: an index given back goes to the same member while shares are even, the second time to another', () => {
  const { group, events, member, seats, later } = table(4)
  const [a, b] = [member('a'), member('b')]
  group.join(a)
  group.join(b)
  for (const partition of [2, 3]) group.release(b, seats.get(`b${partition}`)!)
  later.splice(0).forEach((run) => run())
  assert.deepEqual([2, 3].map((partition) => group.holder(partition)), [b, b], 'a late fence of who had all before takes nothing from who has half')
  events.length = 0
  group.release(b, seats.get('b2')!)
  later.splice(0).forEach((run) => run())
  assert.deepEqual(events, ['a gets 2'], 'a member that cannot hold an index does not get it for ever')
})

test('G4: indices given back together leave even shares, and none without a holder', () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 2, max: 4 }), fc.uniqueArray(fc.nat(11), { maxLength: 12 }), (partitions, count, given) => {
    const { group, member, seats, later } = table(partitions)
    const members = Array.from({ length: count }, (_, at) => member(`m${at}`))
    for (const one of members) group.join(one)
    for (const partition of given.filter((one) => one < partitions)) {
      const holder = group.holder(partition)!
      group.release(holder, seats.get(`${holder.name}${partition}`)!)
    }
    later.splice(0).forEach((run) => run())
    const counts = members.map((one) => Array.from({ length: partitions }, (_, partition) => group.holder(partition)).filter((holder) => holder === one).length)
    assert.equal(counts.reduce((sum, one) => sum + one), partitions)
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, String(counts))
  }), { seed: testSeed() })
})

test('an index that is to be handed out again is not, when a join has already done so', () => {
  const { group, events, member, seats, later } = table(1)
  const a = member('a')
  group.join(a)
  group.release(a, seats.get('a0')!)
  group.join(member('b'))
  const before = events.length
  later.splice(0).forEach((run) => run())
  assert.equal(events.length, before)
})

test('G1, G3: any order of joins and leaves leaves every index with one member, evenly', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.nat(5), { maxLength: 20 }), (partitions, moves) => {
    const { group, member } = table(partitions)
    const present = new Map<number, GroupMember<Seat>>()
    for (const who of moves) {
      const here = present.get(who)
      if (here !== undefined) {
        present.delete(who)
        group.leave(here)
      } else {
        const next = member(`m${who}`)
        present.set(who, next)
        group.join(next)
      }
      const held = new Map([...present.values()].map((each) => [each, 0]))
      for (let partition = 0; partition < partitions; partition += 1) {
        const holder = group.holder(partition)
        if (holder !== undefined) held.set(holder, (held.get(holder) ?? 0) + 1)
      }
      const counts = [...held.values()]
      if (counts.length > 0) assert.equal(counts.reduce((sum, count) => sum + count), partitions)
      if (counts.length > 0) assert.ok(Math.max(...counts) - Math.min(...counts) <= 1)
    }
  }), { seed: testSeed() })
})

test('G5: what a dead member held waits for its heir; the living neither lose nor gain, and the dead one does not live', () => {
  const { group, events, member } = table(4)
  const [a, b, c] = [member('a'), member('b'), member('c')]
  group.join(a)
  group.join(b)
  events.length = 0
  group.die(a)
  assert.deepEqual([group.lives('a'), group.lives('b'), group.members], [false, true, [b]])
  assert.deepEqual(events, [])
  group.succeed(a, c)
  assert.deepEqual(events, ['c gets 0', 'c gets 1'])
  assert.deepEqual([group.lives('a'), group.lives('c'), group.holder(0), group.holder(3)], [false, true, c, b])
  group.die(b)
  group.leave(b)
  assert.deepEqual(events.slice(2), ['b loses 2', 'b loses 3', 'c gets 2', 'c gets 3'], 'without an heir they go to who lives')
})

test('G3: an heir of all shares with who joined meanwhile, and takes nothing where shares are even', () => {
  const { group, events, member } = table(4)
  const [a, b, c, d] = [member('a'), member('b'), member('c'), member('d')]
  group.join(a)
  group.die(a)
  group.join(b)
  events.length = 0
  group.succeed(a, c)
  assert.deepEqual(events, ['c gets 0', 'c gets 1', 'b gets 2', 'b gets 3'])
  group.die(b)
  events.length = 0
  group.succeed(b, d)
  assert.deepEqual(events, ['d gets 2', 'd gets 3'])
})

test('G4: an index that was given back while nobody lived goes to the heir too', () => {
  const { group, member, seats, later } = table(2)
  const [a, b] = [member('a'), member('b')]
  group.join(a)
  group.release(a, seats.get('a1')!)
  group.die(a)
  later.splice(0).forEach((run) => run())
  assert.equal(group.holder(1), undefined)
  group.succeed(a, b)
  assert.deepEqual([group.holder(0), group.holder(1)], [b, b])
})

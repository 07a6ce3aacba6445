// Addresses, patches and differences, as the page reads them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences } from '../../../../adapters/ui/page/differences.js'
import { events, merged } from '../../../../adapters/ui/page/merge.js'
import { address, parse } from '../../../../adapters/ui/page/route.js'

const HOSTILE = ['a/b', '..', '.', ' ', 'ü🚚', '#?&=%', '<img src=x onerror=alert(1)>', '__proto__', '\u202e', 'x'.repeat(256)]

test('an address leads back to what it was made of, whatever the names', () => {
  for (const id of HOSTILE) {
    assert.deepEqual(parse(address({ view: 'entity', type: 'card', id })), { view: 'entity', type: 'card', id })
    assert.deepEqual(parse(address({ view: 'type', type: 'card', state: id })), { view: 'type', type: 'card', state: id })
    assert.deepEqual(parse(address({ view: 'letters', class: id })), { view: 'letters', class: id })
  }
  assert.deepEqual([parse(''), parse('#'), parse('#/')], [{ view: 'system' }, { view: 'system' }, { view: 'system' }])
  assert.deepEqual(parse(address({ view: 'scenario' })), { view: 'scenario' })
  for (const hash of ['#/nowhere', '#/scenario/x', '#/types', '#/types/', '#/types/card/', '#/types/card/a/b', '#/types/card/%ff', '#/dead-letters/x']) assert.equal(parse(hash).view, 'unknown', hash)
})

test('a merge patch is that of RFC 7396; what is not changed is shared, what is patched is not written to', () => {
  const cases: readonly (readonly [unknown, unknown, unknown])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }], [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }], [{ a: 'b' }, { a: null }, {}], [{ a: ['b'] }, { a: 'c' }, { a: 'c' }], [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }], ['x', { a: { bb: { ccc: null } } }, { a: { bb: {} } }], [{ e: null }, { a: 1 }, { e: null, a: 1 }], [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  ]
  for (const [target, patch, result] of cases) assert.deepEqual(JSON.parse(JSON.stringify(merged(target, patch))), result)
  const before = { kept: { deep: 1 }, changed: { x: 1 } }
  const after = merged(before, { changed: { x: 2 } }) as typeof before
  assert.deepEqual([after.kept === before.kept, before.changed.x, after.changed.x], [true, 1, 2])
  const hostile = merged({}, JSON.parse('{"__proto__":{"polluted":1},"constructor":{"x":2}}')) as Record<string, unknown>
  assert.deepEqual([Object.keys(hostile), ({} as { polluted?: number }).polluted], [['__proto__', 'constructor'], undefined])
})

test('server-sent events however they are cut; comments say no more than that it goes on', async () => {
  const text = ': hi\n\nevent: look\ndata: {"a":"é🚚"}\n\n: alive\n\nevent: look\ndata: {"b":\ndata: 2}\r\n\r\nevent: never\n\ndata: cut'
  const bytes = new TextEncoder().encode(text)
  for (const size of [1, 2, 3, 7, bytes.length]) {
    let heard = 0
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        for (let from = 0; from < bytes.length; from += size) controller.enqueue(bytes.slice(from, from + size))
        controller.close()
      },
    })
    const found = await Array.fromAsync(events(stream, () => (heard += 1)))
    assert.deepEqual(found, [{ name: 'look', data: '{"a":"é🚚"}' }, { name: 'look', data: '{"b":\n2}' }], `in pieces of ${size}`)
    assert.ok(heard > 0)
  }
})

test('differences name each field that differs, and how', () => {
  assert.deepEqual(differences({ a: 1, b: { c: [1, 2], d: 'x' }, e: null }, { a: 1, b: { c: [1, 3, 4], d: 'y' }, f: {} }), [
    { path: 'b.c[1]', kind: 'changed', before: 2, after: 3 }, { path: 'b.c[2]', kind: 'added', before: undefined, after: 4 }, { path: 'b.d', kind: 'changed', before: 'x', after: 'y' },
    { path: 'e', kind: 'removed', before: null, after: undefined }, { path: 'f', kind: 'added', before: undefined, after: {} },
  ])
  assert.deepEqual(differences(1, 1), [])
  assert.deepEqual(differences([1], { 0: 1 }).length, 1)
  assert.ok(differences({}, Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`k${at}`, at]))).length <= 500)
})

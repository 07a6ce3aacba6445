// Lists of doubles stay what they are for V8, whatever looks through them: turned into lists of objects they would cost a state's owner an object for
// each number he writes from then on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import v8 from 'node:v8'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { contextSeal } from '../../../../system/engine/context.ts'
import { unfitForJson } from '../../../../system/partition/outbox.ts'
import { notPlain } from '../../../../system/protocol/plain.ts'

const looks: Readonly<Record<string, (value: unknown) => unknown>> = {
  'the codec': (value) => cborCodec.canonical(value),
  'the check for plain data': (value) => notPlain(value, 'value'),
  'the check for JSON': (value) => unfitForJson(value, 'value'),
  'the check of contexts': (value) => contextSeal(false).seal(value, undefined),
}

for (const [name, look] of Object.entries(looks)) {
  test(`${name} leaves lists of doubles alone`, () => {
    if (process.versions['bun'] !== undefined) return void look({ a: [1.5] })
    v8.setFlagsFromString('--allow-natives-syntax')
    const isDouble = new Function('list', 'return %HasDoubleElements(list)') as (list: readonly number[]) => boolean
    const lists = Array.from({ length: 20_000 }, (_, index) => [0.5, index + 0.25, 2])
    // Numbers in a list that has held a text.
    const objects: unknown[] = [0.5, 'text']
    objects[1] = 1.5
    for (const list of lists) {
      look({ list, others: ['text', 1, null], small: [1, 2, 3], texts: ['a'], mixed: [0.5, 'text', null], objects })
      assert.ok(isDouble(list))
    }
    assert.ok(lists.every(isDouble))
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { nameOfXml, xmlName, xmlText } from '../../../../system/chart/xml.ts'
import { hostileName } from '../../../support/charts/names.ts'
import { parseXml } from '../../../support/charts/xml.ts'
import { testSeed } from '../../../support/seed.ts'

test('ordinary names stay as they are', () => {
  for (const name of ['card.blocked', 'card:verdict:0', 'über 注文 🚚', 'a-b_c']) assert.equal(xmlName(name), name)
  assert.equal(xmlText('<b>&"\''), '&lt;b&gt;&amp;&quot;&#39;')
})

test('any name stands in an attribute and is found again exactly; any text stands between tags (X1)', () => {
  fc.assert(fc.property(hostileName, (name) => {
    const element = parseXml(`<g data-state="${xmlName(name)}">${xmlText(name)}</g>`)
    assert.equal(nameOfXml(element.attributes.get('data-state') ?? ''), name)
    assert.equal(element.children.filter((child) => typeof child !== 'string').length, 0)
  }), { seed: testSeed(), numRuns: 2000 })
})

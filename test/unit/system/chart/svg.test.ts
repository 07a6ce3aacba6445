import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elkLayout } from '../../../../adapters/elk/layout.ts'
import { outlineOf } from '../../../../adapters/xstate/outline.ts'
import type { XMachine } from '../../../../adapters/xstate/shapes.ts'
import { drawingOf } from '../../../../system/chart/drawing.ts'
import { svgOf } from '../../../../system/chart/svg.ts'
import { STYLE } from '../../../../system/chart/svg-style.ts'
import { fullMachine } from '../../../support/charts/machine.ts'
import { elementsOf, parseXml, textOf, valuesOf } from '../../../support/charts/xml.ts'

const outline = outlineOf(fullMachine as XMachine)
const drawing = await drawingOf(outline, elkLayout)
const svg = svgOf(outline, drawing)
const root = parseXml(svg)

test('every state and every transition is an element with its id (V2)', () => {
  assert.deepEqual([...valuesOf(root, 'data-state')].sort(), outline.states.map(({ id }) => id).sort())
  const several = outline.transitions.flatMap(({ id, targets }) => (targets.length > 1 ? [id, id, id] : [id]))
  assert.deepEqual([...valuesOf(root, 'data-transition')].sort(), [...outline.transitions.map(({ id }) => id), ...several.filter((id, at) => several.indexOf(id) !== at)].sort())
})

test('a state stands inside of the state it belongs to', () => {
  const states = elementsOf(root).filter(({ attributes }) => attributes.has('data-state'))
  for (const { id, parent } of outline.states) {
    const holder = states.find(({ attributes }) => attributes.get('data-state') === outline.states[parent ?? -1]?.id)
    if (holder !== undefined) assert.ok(elementsOf(holder).some(({ attributes }) => attributes.get('data-state') === id), id)
  }
})

test('who cannot see it hears what it is: roles, a title, a description, names of states (V3)', () => {
  assert.deepEqual(['role', 'aria-label'].map((name) => root.attributes.get(name)), ['graphics-document document', 'all'])
  const [title, desc] = ['title', 'desc'].map((name) => root.children.find((child) => typeof child !== 'string' && child.name === name))
  assert.deepEqual([title, desc].map((one) => one !== undefined && typeof one !== 'string' && textOf(one)), ['all', `Everything at once. Statechart with 16 states and ${outline.transitions.length} transitions.`])
  assert.ok(valuesOf(root, 'aria-label').includes('atomic state idle'))
})

test('texts are text: labels can be searched, copied and read out', () => {
  const texts = elementsOf(root).filter(({ name }) => name === 'text').map(textOf)
  for (const text of ['idle', 'go [isReady]', 'emit idle, emit, tell card', 'H*', 'never · ignored']) assert.ok(texts.some((one) => one.includes(text)), text)
})

test('it needs nothing else and runs nothing', () => {
  assert.deepEqual(elementsOf(root).filter(({ name }) => /script|image|use|foreignObject|a|animate/i.test(name) && !/^(path|rect|tspan|title|svg|text|style|g|desc|circle)$/.test(name)), [])
  assert.doesNotMatch(svg.replaceAll('http://www.w3.org/2000/svg', ''), /https?:|url\(|@import|javascript:|\son\w+=/)
})

test('light and dark: variables on the root, a class for who knows better, every rule below the class', () => {
  for (const [theme, className] of [['light', 'statechart light'], ['dark', 'statechart dark'], ['auto', 'statechart']] as const) assert.equal(parseXml(svgOf(outline, drawing, { theme })).attributes.get('class'), className)
  assert.match(STYLE, /@media \(prefers-color-scheme:dark\)\{\.statechart:not\(\.light\)\{--chart-page:/)
  for (const line of STYLE.split('\n')) for (const selector of line.replace(/^@media [^{]*\{/, '').split('{')[0]?.split(',') ?? []) assert.match(selector, /^\.statechart/, line)
})

test('a drawing is plain data and the same each time; an image follows from it', async () => {
  assert.deepEqual(JSON.parse(JSON.stringify(drawing)), drawing)
  assert.deepEqual(await drawingOf(outline, elkLayout), drawing)
  assert.equal(svgOf(outline, JSON.parse(JSON.stringify(drawing))), svg)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { readPages } from '../../../../adapters/ui/pages.ts'

const FIRST_LOAD_BYTES_MAX = 120 * 1024

const pages = readPages()
const textOf = (name: string): string => new TextDecoder().decode(pages.get(name)?.bytes)
const scripts = [...pages.keys()].filter((name) => name.endsWith('.js'))

test('all of it is at most 120 KiB compressed, and what is compressed is what is not', () => {
  const bytes = [...pages.values()].reduce((sum, { gzipped }) => sum + gzipped.length, 0)
  assert.ok(bytes <= FIRST_LOAD_BYTES_MAX, `${bytes} bytes`)
  for (const [name, page] of pages) assert.deepEqual(Buffer.from(gunzipSync(page.gzipped)), Buffer.from(page.bytes), name)
})

test('there is a first page; names lead to nothing but the list of files', () => {
  assert.match(pages.get('')?.type ?? '', /^text\/html/)
  for (const name of ['index.html', '../pages.ts', 'README.md', 'tsconfig.json', 'app.js/', 'constructor', '__proto__']) assert.equal(pages.get(name), undefined, name)
})

test('every file that is named is there, and each script is reached from the first page', () => {
  const html = textOf('')
  const named = [...html.matchAll(/(?:src|href)="(?!#)([^"]+)"/g)].map(([, name = '']) => name)
  const reached = new Set<string>()
  const follow = (name: string): void => {
    assert.ok(pages.has(name), name)
    if (reached.has(name)) return
    reached.add(name)
    for (const [, next = ''] of textOf(name).matchAll(/^import .* from '\.\/([^']+)'$/gm)) follow(next)
  }
  for (const name of named) follow(name)
  assert.deepEqual(scripts.filter((name) => !reached.has(name)), [])
})

test('no script or style stands in a page, nothing comes from elsewhere, and no text becomes markup', () => {
  assert.doesNotMatch(textOf(''), /<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|https?:|\/\//)
  for (const name of scripts) assert.doesNotMatch(textOf(name).replaceAll("'http://www.w3.org/2000/svg'", ''), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|\beval\(|new Function|https?:|setAttribute\('(style|on)|import\((?!'\.\.\/\.\.\/\.\.\/(system)\/|'\.\.\/\.\.\/http\/scenario\.ts|'\.\/)/, name)
  for (const name of pages.keys()) if (name.endsWith('.css')) assert.doesNotMatch(textOf(name), /url\(|@import/, name)
})

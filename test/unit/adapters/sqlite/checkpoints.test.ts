// Checkpoints: who moves the write-ahead log into the file, and when (K1, K2).
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Checkpoints } from '../../../../adapters/sqlite/checkpoints.ts'
import type { CheckpointEnd, WriteAhead } from '../../../../adapters/sqlite/checkpoints.ts'
import { openFile } from '../../../../adapters/sqlite/file.ts'

const MIB = 1 << 20

class Pages extends EventEmitter implements WriteAhead {
  bytes = 0
  dueBytes = 0
  did: string[] = []

  checkpoint(): void {
    this.did.push('by the writer')
    this.bytes = 0
    this.dueBytes = 0
  }

  passBegins(): void {
    this.did.push('beside')
    this.dueBytes = 0
  }

  passed(end: CheckpointEnd | undefined): void {
    this.did.push(end === undefined ? 'failed' : 'passed')
    this.emit('passed')
  }
}

function begun(t: TestContext, hasFile = true): { readonly pages: Pages; readonly checkpoints: Checkpoints } {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-checkpoints-'))
  if (hasFile) openFile(folder, true, 1000).close()
  const pages = new Pages()
  const checkpoints = new Checkpoints(pages, { folder: hasFile ? folder : join(folder, 'none'), busyMsMax: 1000, fileBytesMax: null, crash: null })
  t.after(async () => {
    await checkpoints.close()
    rmSync(folder, { recursive: true })
  })
  return { pages, checkpoints }
}

test('little waits for a pause, more is moved beside the writer, one pass at a time', async (t) => {
  const { pages, checkpoints } = begun(t)
  Object.assign(pages, { bytes: 2 * MIB, dueBytes: 2 * MIB })
  checkpoints.wrote()
  checkpoints.busy()
  assert.deepEqual(pages.did, [])
  Object.assign(pages, { bytes: 17 * MIB, dueBytes: 17 * MIB })
  checkpoints.wrote()
  Object.assign(pages, { bytes: 40 * MIB, dueBytes: 23 * MIB })
  const passed = once(pages, 'passed')
  checkpoints.wrote()
  assert.deepEqual(pages.did, ['beside'])
  await passed
  assert.deepEqual(pages.did, ['beside', 'passed'])
})

test('after a pass the writer finishes a log that has become long, and one without bound at once', async (t) => {
  const { pages, checkpoints } = begun(t)
  Object.assign(pages, { bytes: 65 * MIB, dueBytes: 17 * MIB })
  const passed = once(pages, 'passed')
  checkpoints.wrote()
  await passed
  assert.deepEqual(pages.did, ['beside', 'passed', 'by the writer'])
  Object.assign(pages, { bytes: 257 * MIB, dueBytes: MIB })
  checkpoints.wrote()
  assert.deepEqual(pages.did.slice(3), ['by the writer'])
})

test('while a pass is under way the writer makes none, however long the log', async (t) => {
  const { pages, checkpoints } = begun(t)
  Object.assign(pages, { bytes: 17 * MIB, dueBytes: 17 * MIB })
  const passed = once(pages, 'passed')
  checkpoints.wrote()
  Object.assign(pages, { bytes: 300 * MIB, dueBytes: 283 * MIB })
  checkpoints.wrote()
  assert.deepEqual(pages.did, ['beside'])
  await passed
  assert.deepEqual(pages.did, ['beside', 'passed', 'by the writer'])
})

test('where there can be no thread, the writer does it all', async (t) => {
  const { pages, checkpoints } = begun(t, false)
  Object.assign(pages, { bytes: 17 * MIB, dueBytes: 17 * MIB })
  const passed = once(pages, 'passed')
  checkpoints.wrote()
  await passed
  pages.dueBytes = 17 * MIB
  checkpoints.wrote()
  assert.deepEqual(pages.did, ['beside', 'failed', 'by the writer'])
})

test('what is due is moved in a pause', async (t) => {
  const { pages, checkpoints } = begun(t)
  Object.assign(pages, { bytes: 2 * MIB, dueBytes: 2 * MIB })
  checkpoints.wrote()
  const endMs = Date.now() + 5000
  while (pages.did.length === 0 && Date.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual(pages.did, ['by the writer'])
})

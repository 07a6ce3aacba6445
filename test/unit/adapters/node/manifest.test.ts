// The manifest: what is written is read; a file that misses a part is no manifest.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { MANIFEST_FILE, readManifest, writeManifest } from '../../../../adapters/node/manifest.ts'
import type { Manifest } from '../../../../adapters/node/manifest.ts'

const MANIFEST: Manifest = { v: 1, system: 'fraud', partitions: 4, target: 'fraud', flags: { bad: '0.1' }, seed: 1, data: null, events: 10, statelog: '0.1.0', finished: false }

test('a manifest that misses or mistakes any part that readers use is refused with its cure', () => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-manifest-'))
  try {
    assert.equal(readManifest(folder), undefined)
    writeManifest(folder, MANIFEST)
    assert.deepEqual(readManifest(folder), MANIFEST)
    const spoiled = ['v', 'system', 'partitions', 'target', 'flags', 'seed', 'data', 'events'].map((part) => JSON.stringify({ ...MANIFEST, [part]: undefined }))
    for (const text of [...spoiled, JSON.stringify({ ...MANIFEST, flags: { bad: 1 } }), '', 'null', '[]', '{"v":1', '7']) {
      writeFileSync(join(folder, MANIFEST_FILE), text)
      assert.throws(() => readManifest(folder), { code: 'data-folder/manifest' }, text)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

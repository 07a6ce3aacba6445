// What Node compiled outlives a process that is killed.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { compiledEnv, keepCompiled } from '../../../../adapters/node/compiled.ts'

test('a folder of the user\'s own is left as it is', () => {
  assert.equal(compiledEnv({ NODE_COMPILE_CACHE: '/mine', XDG_CACHE_HOME: '/c' })['NODE_COMPILE_CACHE'], '/mine')
  assert.equal(compiledEnv({ XDG_CACHE_HOME: '/c' })['NODE_COMPILE_CACHE'], join('/c', 'statelog', 'compiled'))
})

test('a process that is killed after it kept what was compiled leaves it to the next; Bun has no such cache', () => {
  if (process.versions['bun'] !== undefined) return keepCompiled()
  const folder = mkdtempSync(join(tmpdir(), 'statelog-compiled-'))
  try {
    const code = `import { keepCompiled } from ${JSON.stringify(join(import.meta.dirname, '../../../../adapters/node/compiled.ts'))}; keepCompiled(); process.kill(process.pid, 'SIGKILL')`
    const ran = spawnSync(process.execPath, ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', code], { env: { ...process.env, ...compiledEnv({ XDG_CACHE_HOME: folder }) }, encoding: 'utf8' })
    assert.deepEqual([ran.signal, ran.stderr], ['SIGKILL', ''])
    assert.ok(readdirSync(join(folder, 'statelog', 'compiled'), { recursive: true }).length > 1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

// The parent of `statelog run` and signals that come when no child hears them yet, or none is there. The child is a shell script.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'statelog-supervisor-'))
after(() => rmSync(folder, { recursive: true }))

const FLAGS = process.versions['bun'] === undefined ? ['--disable-warning=ExperimentalWarning'] : ['--no-install', '--no-env-file']

/** Supervises the script as if it were the runtime. */
function supervised(name: string, script: string): { readonly end: string | number | null; readonly stderr: string } {
  const runtime = join(folder, name)
  writeFileSync(runtime, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const main = join(folder, `${name}.ts`)
  writeFileSync(main, `import { supervise } from '${join(import.meta.dirname, '../../../../adapters/cli/supervisor.ts')}'
    Object.defineProperty(process, 'execPath', { value: '${runtime}' })
    process.exitCode = await supervise(['run'], { err: (line) => console.error(line) })`)
  const { signal, status, stderr } = spawnSync(process.execPath, [...FLAGS, main], { encoding: 'utf8' })
  return { end: signal ?? status, stderr }
}

test('a signal that comes as the child starts reaches it', () => {
  const ends = Array.from({ length: 4 }, (_, nth) => supervised(`at-once-${nth}`, 'trap "exit 130" TERM\nkill -TERM $PPID\nfor nth in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done').end)
  assert.deepEqual(ends, Array(4).fill(130))
})

test('a signal that comes between two children is the end', () => {
  const { end, stderr } = supervised('between', '(sleep 0.03; kill -TERM $PPID) &\nkill -KILL $$')
  assert.equal(end, 130, stderr)
  assert.match(stderr, /died by SIGKILL; starting it again \(restart 1 of/)
})

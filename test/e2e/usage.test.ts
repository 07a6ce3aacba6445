import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, folderFor, HERE } from '../support/cli.ts'

test('a mistake answers 2, on standard error', async () => {
  const { exitCode, stdout, stderr } = await call(HERE, ['rnu', 'fraud'])
  assert.deepEqual([exitCode, stdout, stderr], [2, '', "statelog: there is no command 'rnu'; did you mean 'run'?\n  Help: statelog --help\n"])
})

test('a folder that is none answers 1 with the cure', async (t) => {
  const folder = folderFor(t)
  for (const args of [['get', 'card', '1'], ['doctor']]) {
    const { exitCode, stderr } = await call(HERE, [...args, '--folder', folder])
    assert.equal(exitCode, 1)
    assert.match(stderr, /is no data folder of statelog[^]*statelog run fraud[^]*data-folder\/missing/)
  }
})

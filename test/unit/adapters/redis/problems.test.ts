import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operationError } from '../../../../adapters/redis/problems.ts'

test('each answer of Redis has a stable code, its own words and a cure', () => {
  for (const [message, code] of [
    ['WRONGPASS invalid username-password pair or user is disabled.', 'redis/password'],
    ['NOAUTH HELLO must be called with the client already authenticated', 'redis/password'],
    ["NOPERM this user has no permissions to run the 'hmget' command", 'redis/rights'],
    ["ERR The user executing the script can't run this command or subcommand script: 1", 'redis/rights'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'redis/memory'],
    ['LOADING Redis is loading the dataset in memory', 'redis/loading'],
    ["READONLY You can't write against a read only replica.", 'redis/read-only'],
    ['CLUSTERDOWN Hash slot not served', 'redis/cluster-down'],
    ['MOVED 3999 127.0.0.1:6381', 'redis/cluster'],
    ['MISCONF Redis is configured to save RDB snapshots', 'redis/disk'],
    ['STAGING what was staged is gone', 'redis/staging'],
    ["ERR unknown command 'UNLINK'", 'redis/refused'],
    ['Connection is closed.', 'redis/unreachable'],
    ['OOMPH', 'redis/unreachable'],
  ] as const) {
    const error = operationError('redis://a:1', { message })
    assert.equal(error.code, code, message)
    assert.ok(error.message.startsWith(`snapshot cache redis://a:1: ${message}: `) && error.message.length > message.length + 40)
  }
})

test('errors of the system have a code too, also behind those that wrap them', () => {
  assert.equal(operationError('a', { message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' }).code, 'redis/unreachable')
  assert.equal(operationError('a', { message: 'self-signed certificate', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }).code, 'redis/certificate')
  assert.equal(operationError('a', { message: 'Failed to refresh slots cache.', lastNodeError: { message: 'WRONGPASS no' } }).code, 'redis/password')
  assert.match(operationError('a', { message: '', code: 'ECONNREFUSED' }).message, /: ECONNREFUSED: /)
  const error = operationError('a', 'text')
  assert.equal(operationError('b', error), error)
})

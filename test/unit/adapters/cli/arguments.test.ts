import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments } from '../../../../adapters/cli/arguments.ts'
import type { Flags } from '../../../../adapters/cli/arguments.ts'
import { UsageError } from '../../../../adapters/cli/exit-codes.ts'
import { didYouMean, nearest } from '../../../../adapters/cli/suggestion.ts'

const FLAGS: Flags = {
  seed: { value: 'number', help: '' },
  order: { value: 'order', help: '', values: ['arrival', 'eventTime'] },
  from: { value: 'time', help: '' },
  json: { help: '' },
}

const complaint = (args: readonly string[], wordsMax = 1): string => {
  try {
    readArguments(args, FLAGS, wordsMax)
  } catch (thrown) {
    assert.ok(thrown instanceof UsageError)
    return thrown.message
  }
  return ''
}

test('words and flags are told apart in any order', () => {
  const { words, flags } = readArguments(['--seed', '7', 'fraud', '--json', '--order=eventTime'], FLAGS, 1)
  assert.deepEqual(words, ['fraud'])
  assert.equal(flags.number('seed', { min: 0 }), 7)
  assert.equal(flags.text('order'), 'eventTime')
  assert.equal(flags.has('json'), true)
  assert.equal(flags.has('from'), false)
})

test('an unknown flag is refused with the one that was probably meant', () => {
  assert.equal(complaint(['--ordre', 'arrival']), "there is no flag --ordre; did you mean '--order'?")
  assert.equal(complaint(['--zzz']), 'there is no flag --zzz')
  assert.equal(complaint(['--toString']), 'there is no flag --toString')
})

test('a missing, unexpected or foreign value is refused', () => {
  assert.equal(complaint(['--seed']), '--seed needs a value: --seed <number>')
  assert.equal(complaint(['--seed', '--json']), '--seed needs a value: --seed <number>')
  assert.equal(complaint(['--json=1']), '--json takes no value')
  assert.equal(complaint(['--order', 'arival']), "--order is 'arival', expected arrival or eventTime; did you mean 'arrival'?")
  assert.equal(complaint(['a', 'b']), "'b' is one word too many")
})

test('numbers know k and M, and their bounds', () => {
  const number = (text: string): number | undefined => readArguments(['--seed', text], FLAGS, 0).flags.number('seed', { min: 1, max: 5_000_000 })
  assert.equal(number('10k'), 10_000)
  assert.equal(number('2M'), 2_000_000)
  assert.equal(number('1.5k'), 1500)
  for (const bad of ['0', '6M', 'ten', '1.5', '', '-1', '1e3', '0x10']) assert.throws(() => number(bad), UsageError, bad)
})

test('times are ISO 8601 in UTC or milliseconds', () => {
  const time = (text: string): number | undefined => readArguments(['--from', text], FLAGS, 0).flags.time('from')
  assert.equal(time('2018-07-25T10:00:00Z'), Date.UTC(2018, 6, 25, 10))
  assert.equal(time('2018-07-25T10:00:00'), Date.UTC(2018, 6, 25, 10))
  assert.equal(time('2018-07-25'), Date.UTC(2018, 6, 25))
  assert.equal(time('1532512800000'), 1_532_512_800_000)
  assert.throws(() => time('yesterday'), UsageError)
})

test('a suggestion is a slip of the hand, not a guess', () => {
  assert.equal(nearest('gte', ['get', 'dlq']), 'get')
  assert.equal(nearest('hist', ['history', 'get']), 'history')
  assert.equal(nearest('verfy', ['verify', 'history']), 'verify')
  assert.equal(nearest('banana', ['get', 'run', 'history']), undefined)
  assert.equal(didYouMean('rum', ['run']), "; did you mean 'run'?")
})

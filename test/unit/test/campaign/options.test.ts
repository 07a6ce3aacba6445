import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandOf, parseCampaign } from '../../../campaign/options.ts'
import type { CampaignOptions } from '../../../campaign/options.ts'

const DEFAULTS: CampaignOptions = { minutes: 40, seed: 1, runs: Infinity, brokers: 1, client: 'platformatic', inputs: 100_000, folder: 'data/campaign' }

test('without options a campaign of one broker runs for 40 minutes', () => {
  assert.deepEqual(parseCampaign([]), { kind: 'run', options: DEFAULTS })
})

test('every option is taken', () => {
  const parsed = parseCampaign(['--minutes', '0.5', '--seed', '7', '--runs', '2', '--brokers', '3', '--client', 'kafkajs', '--inputs', '5000', '--folder', 'f'])
  assert.deepEqual(parsed, { kind: 'run', options: { minutes: 0.5, seed: 7, runs: 2, brokers: 3, client: 'kafkajs', inputs: 5000, folder: 'f' } })
})

test('what cannot be meant is refused with the option that is wrong', () => {
  for (const args of [['--minutes', '0'], ['--seed', 'x'], ['--runs', '0.5'], ['--brokers', '2'], ['--client', 'librdkafka'], ['--inputs', '10'], ['--fast']]) {
    const parsed = parseCampaign(args)
    assert.ok(parsed.kind === 'wrong' && parsed.reason.includes(args[0] ?? ''), args.join(' '))
  }
  assert.equal(parseCampaign(['--help']).kind, 'help')
})

test('the command that repeats a seed names everything that the run depends on, and a folder that does not know it', () => {
  const command = commandOf({ ...DEFAULTS, brokers: 3, client: 'kafkajs', inputs: 5000, folder: 'f' }, 9)
  const parsed = parseCampaign(command.split(' ').slice(4))
  assert.deepEqual(parsed, { kind: 'run', options: { ...DEFAULTS, seed: 9, runs: 1, brokers: 3, client: 'kafkajs', inputs: 5000, folder: 'f/again-9' } })
})

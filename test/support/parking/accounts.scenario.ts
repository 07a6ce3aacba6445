// A story of accounts, one of which is trapped and parked. `--events` says how many deeds.
import { defineScenario } from '../../../adapters/node/statelog.ts'
import { accounts, deeds, feedOf } from './accounts.ts'

export default defineScenario({
  name: 'accounts',
  title: 'deeds, one of which parks its account',
  flags: {},
  system: () => accounts,
  prepare: async ({ events = 400 }) => ({ system: accounts, about: `${events} deeds`, total: events, feed: () => feedOf(deeds(events, ['trap'])), tryNext: ['statelog parked list'] }),
})

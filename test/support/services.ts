// The services that tests need: where each runs, and the test that is skipped, with the reason, where it does not.
import { test } from 'node:test'
import type { TestContext } from 'node:test'

type Service = 'kafka' | 'redis' | 'nats'

/** Of a service that runs; undefined: none does. */
export const addressOf = (service: Service): string | undefined => process.env[`STATELOG_${service.toUpperCase()}`]

/** A test that needs a service. */
export function serviceTest(service: Service, name: string, options: { readonly timeout: number }, run: (address: string, t: TestContext) => Promise<void>): void {
  const address = addressOf(service)
  const without = { skip: `no ${service} runs: npm run services -- up ${service}` }
  if (address === undefined) test(name, without, () => {})
  else test(name, options, (t) => run(address, t))
}

// The tiers of the test run, in order, and the time each may take.
//
// A tier is the folder test/<name>/ (types: the compiler). A tier over its budget fails: slow tests are not run, and tests that are not run do not protect.
// types + unit answer within a minute; everything but `long` within a quarter of an hour.

export interface Tier {
  readonly name: string
  readonly budgetSeconds: number
  /** Where its files run: on Node, or on Node and again on Bun. */
  readonly runtimes: 'node' | 'node and bun'
  /** Whether its files share one process on each runtime, and both run at once: for tests that touch nothing outside of themselves. */
  readonly isTogether?: boolean
  /** Whether what its tests print (counts, seeds, rates) is part of the answer. */
  readonly printsOutput: boolean
  /** Kafka, Redis and NATS are there before it begins, where they can be. */
  readonly needsServices?: boolean
}

export const TIERS: readonly Tier[] = [
  { name: 'types', budgetSeconds: 15, runtimes: 'node', printsOutput: false },
  { name: 'tidy', budgetSeconds: 20, runtimes: 'node', printsOutput: true },
  { name: 'unit', budgetSeconds: 60, runtimes: 'node and bun', printsOutput: false, isTogether: true },
  { name: 'contract', budgetSeconds: 60, runtimes: 'node and bun', printsOutput: false },
  { name: 'property', budgetSeconds: 120, runtimes: 'node and bun', printsOutput: true },
  { name: 'integration', budgetSeconds: 120, runtimes: 'node', printsOutput: true },
  { name: 'services', budgetSeconds: 450, runtimes: 'node and bun', printsOutput: true, needsServices: true },
  { name: 'chaos', budgetSeconds: 240, runtimes: 'node', printsOutput: true, needsServices: true },
  { name: 'e2e', budgetSeconds: 240, runtimes: 'node', printsOutput: true, needsServices: true },
]

export const LONG_TIER: Tier = { name: 'long', budgetSeconds: 25 * 60, runtimes: 'node', printsOutput: true, needsServices: true }

/** A tier that takes this many times its budget is ended, so that a hanging test does not hang the run. */
export const BUDGET_FACTOR_MAX = 1.5

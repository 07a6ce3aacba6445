// Diagrams of many random statecharts.
import { test } from 'node:test'
import { holdsLaws } from '../support/charts/laws.ts'
import { testSeed } from '../support/seed.ts'
import { randomMachine } from '../support/statecharts/machines.ts'

const MACHINES = 80

test(`${MACHINES} random statecharts: boxes, lines and labels stand clear of each other; an image and a text tell all of it`, async () => {
  for (let seed = testSeed(); seed < testSeed() + MACHINES; seed += 1) await holdsLaws(randomMachine(seed).machine)
})

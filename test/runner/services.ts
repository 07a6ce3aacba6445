// Services for the tiers whose tests need them: those that a variable names are used, the others are started for this run.
//
// Owns: what it started, until the run ends. Under CI a service that cannot be started is a failure; else its tests say that they are skipped.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { end } from '../../adapters/services/server.ts'
import { SERVICES, missing, startService, variableOf } from '../../adapters/services/services.ts'
import type { Started } from '../../adapters/services/services.ts'
import type { Tier } from './tiers.ts'

export class TestServices {
  readonly #started: Started[] = []
  #folder: string | undefined
  #isTried = false

  /** Before a tier that needs them. Answers what is wrong. */
  async before(tier: Tier, isCi: boolean, say: (line: string) => void): Promise<readonly string[]> {
    if (!tier.needsServices || this.#isTried) return []
    this.#isTried = true
    const wrong: string[] = []
    for (const service of SERVICES) {
      if (process.env[variableOf(service)] !== undefined) continue
      const why = missing(service) ?? (await this.#start(service))
      if (why === undefined) continue
      say(`  ${service}: its tests are skipped, ${why}`)
      if (isCi) wrong.push(`${service}: ${why}`)
    }
    return wrong
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.flatMap(({ processes }) => processes.map(end)))
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }

  /** At once, for the run's own end by a signal. */
  kill(): void {
    for (const { pid } of this.#started.flatMap(({ processes }) => processes)) process.kill(pid, 'SIGKILL')
  }

  async #start(service: Started['service']): Promise<string | undefined> {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'statelog-test-services-'))
    try {
      const started = await startService(service, { folder: this.#folder, brokers: 1, detached: false, usualPorts: false })
      this.#started.push(started)
      process.env[variableOf(service)] = started.address
      return undefined
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown)
    }
  }
}

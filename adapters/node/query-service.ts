// Query service: the entities of this runtime, asked from other processes over NATS.
import { readFileSync } from 'node:fs'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Rpc } from '../../system/ports/rpc.ts'
import type { Telemetry } from '../../system/ports/telemetry.ts'

/** Plain data: each thread connects for itself. */
export interface QueryService {
  /** `nats://host:4222`, see adapters/nats. */
  readonly url: string
  /** First tokens of every subject; undefined: the default. */
  readonly prefix: string | undefined
  /** File with the certificates of authorities, PEM; undefined: those of the runtime. */
  readonly ca: string | undefined
}

/** Loads the client while something else is waited for. What goes wrong is said by who opens it. */
export function expectQueryService(service: QueryService | undefined): void {
  if (service !== undefined) void import('../nats/rpc.ts').catch(() => undefined)
}

/** Undefined: nobody asked for it. The NATS client is not even loaded then. */
export async function openQueryService(service: QueryService | undefined, telemetry: Telemetry): Promise<Rpc | undefined> {
  if (service === undefined) return undefined
  return openNats(service, 'statelog run', (message) => telemetry.log('warn', message))
}

/** Throws OperationError where the NATS client is not installed, or the file cannot be read. */
export async function openNats({ url, prefix, ca }: QueryService, name: string, onState: (message: string) => void): Promise<Rpc> {
  const { openNatsRpc } = await import('../nats/rpc.ts').catch((thrown: unknown) => {
    if (!/Cannot find (package|module) 'nats'/.test(String(thrown))) throw thrown
    throw new OperationError('nats/package', `NATS needs the package 'nats', which is not installed. Install it: npm install nats@2`)
  })
  return openNatsRpc({ url, name, onState, ...(prefix === undefined ? {} : { prefix }), ...(ca === undefined ? {} : { ca: certificates(ca) }) })
}

export function certificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    throw new OperationError('nats/certificate', `the certificates in ${file} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

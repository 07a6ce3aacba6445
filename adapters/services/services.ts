// The services that statelog runs on, by name: what is missing to start one, and its address.
import { startKafka, kafkaMissing } from './kafka.ts'
import type { Running } from './server.ts'
import { natsMissing, redisMissing, startNats, startRedis } from './stores.ts'

export type ServiceName = 'kafka' | 'redis' | 'nats'

export const SERVICES: readonly ServiceName[] = ['kafka', 'redis', 'nats']

/** The variable that names one that runs already. */
export const variableOf = (service: ServiceName): string => `STATELOG_${service.toUpperCase()}`

export interface Started {
  readonly service: ServiceName
  readonly address: string
  readonly processes: readonly Running[]
}

export interface StartOptions {
  readonly folder: string
  readonly brokers: 1 | 3
  /** Survives this process. */
  readonly detached: boolean
  /** On the usual ports where they are free; else on any. */
  readonly usualPorts: boolean
}

/** Why it cannot be started here, with the cure. */
export function missing(service: ServiceName): string | undefined {
  return service === 'kafka' ? kafkaMissing() : service === 'redis' ? redisMissing() : natsMissing()
}

/** Resolves when it answers. Throws OperationError when it does not. */
export async function startService(service: ServiceName, { folder, brokers, detached, usualPorts }: StartOptions): Promise<Started> {
  const portOf = (usual: number): number => (usualPorts ? usual : 0)
  if (service === 'kafka') {
    const started = await startKafka({ folder, port: portOf(9092), brokers, detached })
    return { service, address: started.map(({ port }) => `127.0.0.1:${port}`).join(','), processes: started.map(({ running }) => running) }
  }
  const store = service === 'redis' ? await startRedis({ folder, port: portOf(6379), detached }) : await startNats({ folder, port: portOf(4222), detached })
  return { service, address: `${service}://127.0.0.1:${store.port}`, processes: [store.running] }
}

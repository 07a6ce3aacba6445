// A process of the group that owns the ledgers, asked over HTTP and NATS. Environment: STATELOG_OWNER = JSON of `OwnerTask`. Says which partitions are live in it.
import { openFaces } from '../../../adapters/cli/faces.ts'
import { openEmbedded } from '../../../adapters/node/embedded.ts'
import type { KafkaMedium } from '../../../adapters/node/medium.ts'
import { silentTelemetry } from '../../../system/inspect/silence.ts'
import { ledgers } from './system.ts'

export interface OwnerTask {
  readonly folder: string
  readonly medium: KafkaMedium
  readonly natsUrl: string
  readonly port: number
}

export type OwnerSaid = { readonly kind: 'partition'; readonly partition: number; readonly state: string } | { readonly kind: 'listening' } | { readonly kind: 'trouble'; readonly message: string }

const { folder, medium, natsUrl, port } = JSON.parse(process.env['STATELOG_OWNER'] ?? '{}') as OwnerTask
const say = (said: OwnerSaid): void => void process.stdout.write(`${JSON.stringify(said)}\n`)
const queries = { url: natsUrl, prefix: undefined, ca: undefined }
const running = await openEmbedded({
  folder, medium, system: ledgers, origin: { target: 'ledgers', flags: {}, seed: 1, data: null, events: null }, queries,
  telemetry: { ...silentTelemetry, partition: ({ partition, state }) => say({ kind: 'partition', partition, state }), log: (level, message) => level === 'error' && say({ kind: 'trouble', message }) },
})
const faces = await openFaces({ http: { listen: String(port), token: undefined, names: [] }, natsApi: queries }, running, () => {})
process.on('SIGTERM', () => void faces.close().then(() => running.close()).then(() => process.exit(0)))
await running.start()
say({ kind: 'listening' })

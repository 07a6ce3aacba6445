// Plain: answers every question with the same bytes, over HTTP or NATS, and does nothing else: what machine, runtime and carrier take by themselves. Spoken to like `runtime.ts`.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { connect, headers } from 'nats'
import { keepHeapSmall } from '../../../adapters/node/heap.ts'
import type { RuntimeFigures, RuntimeJob } from './runtime.ts'

/** About as long as the answer that `runtime.ts` gives. */
const BODY = JSON.stringify({ id: 'account-12345', filling: 'x'.repeat(600) })

const job = JSON.parse(process.argv[2] ?? '') as RuntimeJob
keepHeapSmall()
const server = createServer((_request, response) => void response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length }).end(BODY))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
if (job.natsUrl !== undefined) {
  const connection = await connect({ servers: job.natsUrl.replace('nats://', '') })
  const told = headers()
  told.set('Statelog-Status', '200')
  connection.subscribe('statelog._api.w1.getEntity.*', { callback: (_error, question) => void question.respond(new TextEncoder().encode(BODY), { headers: told }) })
  await connection.flush()
}
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
process.stdout.write(`${JSON.stringify({ ready: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })}\n`)
await lines.next()
await lines.next()
process.stdout.write(`${JSON.stringify({ events: 0, seconds: 0, workerCpuMs: 0, mainCpuMs: 0 } satisfies RuntimeFigures)}\n`)
process.exit()

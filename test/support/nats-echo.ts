// A process that serves one address over NATS: answers `<its word> <request>`. Arguments: url, prefix, word. Prints `ready`, ends with SIGTERM after draining.
import { openNatsRpc } from '../../adapters/nats/rpc.ts'

const [url = '', prefix = '', word = ''] = process.argv.slice(2)
const rpc = await openNatsRpc({ url, prefix })
await rpc.serve({ group: 'shop.card', partition: 3 }, async (request) => {
  const text = new TextDecoder().decode(request)
  if (text === 'slow') await new Promise((resolve) => setTimeout(resolve, 300))
  return new TextEncoder().encode(`${word} ${text}`)
})
process.once('SIGTERM', () => void rpc.close())
process.stdout.write('ready\n')

// HTTP on a cluster: whichever process is asked answers for all, over NATS; after kill -9 of an owner what it had answered is read from its heir.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { folderFor, HERE, objects, start } from '../support/cli.ts'
import { placeOn } from '../support/cluster-runs.ts'
import { ask, eventsOf, postEvent } from '../support/http.ts'
import { natsServer } from '../support/nats.ts'
import { serviceTest } from '../support/services.ts'

const COUNTERS = 'test/support/counter/counter.system.ts'
const IDS = ['a', 'b', 'c', 'd', 'e', 'f']
const PATIENT = 'deadlineMs=60000'

async function process(t: TestContext, place: readonly string[]): Promise<{ readonly url: string; readonly kill: () => Promise<unknown> }> {
  const { child, ended, line } = start(HERE, ['run', COUNTERS, '--folder', folderFor(t), '--json', '--http', '0', '--workers', '1', ...place])
  t.after(() => child.kill('SIGKILL'))
  const [head] = objects(await line((one) => one.includes('"http"')))
  return { url: String(head?.['http']), kill: () => (child.kill('SIGKILL'), ended) }
}

serviceTest('kafka', 'two processes answer for each other over NATS, and for one that was killed', { timeout: 200_000 }, async (kafka, t) => {
  const nats = await natsServer(t)
  const place = [...placeOn(kafka), '--nats', nats.url]
  const one = await process(t, place)
  const epochs = async (): Promise<readonly number[]> => ((await ask(one.url, `/v1/types/counter/states?${PATIENT}`)).json['at'] as { readonly epoch: number }[]).map(({ epoch }) => epoch)
  const alone = await epochs()
  const two = await process(t, place)
  // Until it has a partition of its own; each look waits for the owners.
  while ((await epochs()).every((epoch, partition) => epoch === alone[partition])) assert.equal(alone.length, 2)

  const places = new Map<string, string>()
  const send = async (url: string, id: string, key: string): Promise<unknown> => {
    const { status, json, text } = await postEvent(url, 'counter', id, { type: 'add', by: 1 }, key)
    assert.ok(status === 200 || status === 202, text)
    if (status === 202) return send(url, id, key)
    const { epoch, seq } = json['at'] as { readonly epoch: number; readonly seq: number }
    places.set(id, `${epoch}.${seq}`)
    return json['reply']
  }
  for (const id of IDS) assert.deepEqual([await send(one.url, id, 'k1'), await send(two.url, id, 'k2'), await send(one.url, id, 'k2')], [1, 2, 2], id)
  for (const url of [one.url, two.url]) {
    for (const id of IDS) assert.deepEqual((await ask(url, `/v1/entities/counter/${id}?atLeast=${places.get(id)}&${PATIENT}`)).json['context'], { n: 2 })
  }

  const over = new AbortController()
  const told = new Map(IDS.map((id) => [id, [] as Record<string, unknown>[]]))
  const following = IDS.map(async (id) => {
    for await (const { event, data } of eventsOf(one.url, `/v1/entities/counter/${id}/watch`, over.signal)) if (event === 'entity') told.get(id)?.push(data)
  })
  await two.kill()
  const moved: string[] = []
  for (const id of IDS) {
    const { status, json, text } = await ask(one.url, `/v1/entities/counter/${id}?atLeast=${places.get(id)}&${PATIENT}`)
    assert.deepEqual([status, json['context']], [200, { n: 2 }], text)
    if (json['epoch'] !== Number(places.get(id)?.split('.')[0])) moved.push(id)
    assert.deepEqual([await send(one.url, id, 'k2'), await send(one.url, id, 'k3')], [2, 3], id)
  }
  for (const [id, list] of told) {
    while ((list.at(-1)?.['context'] as { readonly n?: number } | undefined)?.n !== 3) await new Promise((resolve) => setTimeout(resolve, 20))
    const steps = list.map(({ epoch, seq }) => [Number(epoch), Number(seq)] as const)
    for (const [nth, [epoch, seq]] of steps.entries()) assert.ok(nth === 0 || epoch > (steps[nth - 1]?.[0] ?? 0) || seq >= (steps[nth - 1]?.[1] ?? 0), `${id}: ${JSON.stringify(steps)}`)
    const { json, text } = await ask(one.url, `/v1/entities/counter/${id}/history?${PATIENT}`)
    assert.deepEqual([(json['events'] as { readonly context: unknown }[]).map(({ context }) => context), json['older']], [[{ n: 3 }, { n: 2 }, { n: 1 }], 'none'], text)
  }
  over.abort()
  await Promise.allSettled(following)
  for (;;) {
    const { status, json, text } = await ask(one.url, `/v1/entities/counter?where=n%3E%3D3&${PATIENT}`)
    assert.equal(status, 200, text)
    if ((json['index'] as { readonly lag: number }).lag > 0) continue
    assert.deepEqual((json['entities'] as { readonly id: string }[]).map(({ id }) => id), IDS)
    break
  }
  assert.ok(moved.length > 0 && moved.length < IDS.length, `each had a partition; moved: ${moved.join(', ')}`)
})

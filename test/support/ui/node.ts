// A node to look at: `statelog run --http` in a process of its own, and events for its entities.
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { withFolder } from '../../../adapters/cli/data-folder.ts'
import { commandRecord } from '../../../system/node/commands.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { HERE, objects, start } from '../cli.ts'
import { ask } from '../http.ts'

export const PARCELS = 'test/support/ui/parcels.system.ts'

const APPENDED_MAX = 1000

export interface WatchedNode {
  readonly url: string
  readonly child: ChildProcess
}

/** `listen`: as `--http` takes it. */
export async function startNode(folder: string, args: readonly string[], listen = '0'): Promise<WatchedNode> {
  const { child, line } = start(HERE, ['run', ...args, '--folder', folder, '--json', '--http', listen])
  const [head] = objects(await line((one) => one.includes('"http"')))
  return { url: String(head?.['http']), child }
}

/** Events for many entities, into the log beside the node, as `statelog send` does it. */
export async function appendAll(folder: string, type: string, events: Iterable<readonly [id: string, event: MachineEvent]>): Promise<void> {
  await withFolder(folder, async ({ log, plans }) => {
    const plan = plans.get(type)
    if (plan === undefined) throw new TypeError(`no type '${type}'`)
    const records = [...events].map(([id, event]) => commandRecord(cborCodec, plan, id, event, randomUUID(), Date.now()))
    for (let at = 0; at < records.length; at += APPENDED_MAX) {
      const { kind } = await log.append(records.slice(at, at + APPENDED_MAX))
      if (kind !== 'done') throw new TypeError(`not appended: ${kind}`)
    }
  })
}

/** Entities by configuration, as their owners have them. */
export async function statesOf(url: string, type: string): Promise<Readonly<Record<string, number>>> {
  return (await ask(url, `/v1/types/${type}/states?deadlineMs=30000`)).json['states'] as Readonly<Record<string, number>>
}

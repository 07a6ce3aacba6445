// Appends under a name on a real cluster: of two processes the later one has it, until it is taken from it in turn by one that is opened anew.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { wallClock } from '../../adapters/memory/clock.ts'
import { KAFKA_CLIENTS, openCluster } from '../../adapters/node/medium.ts'
import type { CommittedLog } from '../../adapters/node/look.ts'
import { record, values } from '../contract/log-fixture.ts'
import { serviceTest } from '../support/services.ts'

for (const client of KAFKA_CLIENTS) {
  serviceTest('kafka', `a name that another process took is not taken back (${client})`, { timeout: 60_000 }, async (brokers) => {
    const namespace = `${randomUUID().slice(0, 8)}.`
    const logs: CommittedLog[] = []
    const open = async (): Promise<CommittedLog> => {
      const log = await openCluster({ kind: 'kafka', brokers, namespace, client }, wallClock, { appendAs: 'feed' })
      logs.push(log)
      return log
    }
    const both = (value: string) => [record('feeds', 0, value), record('feeds', 1, value)]
    try {
      const first = await open()
      await first.ensureTopics([{ name: 'feeds', partitions: 2, cleanup: 'delete' }])
      assert.equal((await first.append(both('a'))).kind, 'done')
      const second = await open()
      assert.equal((await second.append(both('b'))).kind, 'done')
      for (let nth = 0; nth < 2; nth += 1) {
        const outcome = await first.append(both('zombie'))
        assert.ok(outcome.kind === 'failed', outcome.kind)
        assert.match(outcome.reason, /another process appends under the same name/)
      }
      assert.equal((await second.append(both('c'))).kind, 'done')
      assert.equal((await (await open()).append(both('d'))).kind, 'done')
      for (const partition of [0, 1]) assert.deepEqual(await values(second, 'feeds', partition), ['a', 'b', 'c', 'd'])
    } finally {
      for (const log of logs) await log.close()
    }
  })
}

// Request and reply over NATS, as the rpc port asks for it. Core NATS only: nothing is stored (C2).
//
// Owns: one connection, its calls and its servers.
//
// N1. Without a connection a call fails at once, with the reason. It never waits for one.
// N2. Closing takes no more than CLOSE_MS_MAX, whatever the server does.
import { randomUUID } from 'node:crypto'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Rpc } from '../../system/ports/rpc.ts'
import { Callers } from './callers.ts'
import { Link } from './link.ts'
import { settingsOf } from './options.ts'
import type { NatsOptions } from './options.ts'
import { Servers, within } from './servers.ts'
import { querySubject } from './subjects.ts'

const CLOSE_MS_MAX = 1000

/** Resolves when the first try to connect is over; a server that is not there is no reason to fail, it is tried until it is. Throws OperationError for options that cannot be meant. */
export async function openNatsRpc(options: NatsOptions): Promise<Rpc> {
  const settings = settingsOf(options)
  const { prefix } = settings
  const callers = new Callers(prefix, randomUUID().replaceAll('-', ''))
  const servers = new Servers(prefix, settings.onState)
  const link = new Link(settings, [callers, servers])
  let closing: Promise<void> | undefined
  await link.start()

  const end = async (): Promise<void> => {
    callers.endAll('the connection to NATS is closed here')
    await within(CLOSE_MS_MAX, servers.drain())
    await link.close()
  }
  return {
    serve: async (address, answer) => {
      const subject = querySubject(prefix, address)
      if (subject === undefined) throw new OperationError('nats/address', `${address.group.slice(0, 80)}/${address.partition} is no address for NATS: an index, and names of not too many characters`)
      if (closing !== undefined) throw new OperationError('nats/closed', 'the connection to NATS is closed here')
      return servers.serve(subject, answer)
    },
    call: async (address, request, deadlineMs) => {
      const { state } = link
      const subject = querySubject(prefix, address)
      if (closing !== undefined || state.kind === 'closed') return { kind: 'failed', reason: 'the connection to NATS is closed here' }
      if (subject === undefined) return { kind: 'failed', reason: `${address.group.slice(0, 80)}/${address.partition} is no address for NATS` }
      if (state.kind === 'down') return { kind: 'failed', reason: `NATS at ${settings.shown} cannot be reached: ${state.reason}` }
      return callers.call(state.connection, subject, request, deadlineMs)
    },
    close: () => (closing ??= end()),
  }
}

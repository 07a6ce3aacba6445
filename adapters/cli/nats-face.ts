// NATS face of a run: its gateway served over NATS.
import { readableJson } from '../../system/protocol/readable-json.ts'
import type { Answer } from '../http/answer.ts'
import type { Serving } from '../http/route.ts'
import type { ApiAnswer, NatsApi } from '../nats/api.ts'
import { certificates } from '../node/query-service.ts'
import type { QueryService } from '../node/query-service.ts'
import type { Flags, FlagValues } from './arguments.ts'
import { UsageError } from './exit-codes.ts'

export const NATS_API_FLAGS: Flags = {
  'nats-api': { help: 'with --nats: answer there what --http answers, as JSON: nats request statelog._api.<system>.getEntity.<type> \'{"id":"..."}\'' },
}

/** Undefined: not asked for. */
export function natsApiOf(flags: FlagValues, queries: QueryService | undefined): QueryService | undefined {
  if (!flags.has('nats-api')) return undefined
  if (queries === undefined) throw new UsageError('--nats-api goes with --nats')
  return queries
}

export async function openNatsFace({ url, prefix, ca }: QueryService, app: string, serving: Serving, onNotice: (message: string) => void): Promise<NatsApi> {
  const [{ openNatsApi }, { runOperation }, { problem, RETRY_SOON }] = await Promise.all([import('../nats/api.ts'), import('../http/operation.ts'), import('../http/answer.ts')])
  return openNatsApi({
    url, name: 'statelog run, questions', app, onState: onNotice, ...(prefix === undefined ? {} : { prefix }), ...(ca === undefined ? {} : { ca: certificates(ca) }),
    problem: (status, code, message) => toldOf(problem(status, code, message, {}, status === 503 ? RETRY_SOON : {})),
    answer: async ({ operation, ...asked }) => {
      try {
        return toldOf(await runOperation(serving, { name: operation, ...asked }))
      } catch (thrown) {
        onNotice(`${operation} over NATS failed: ${thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown)}`)
        return toldOf(problem(500, 'internal', 'this is a defect of statelog or of the actors it runs; its log says more'))
      }
    },
  })
}

function toldOf({ status, body, content, headers }: Answer): ApiAnswer {
  const after = headers?.['retry-after']
  const { type = 'application/json', bytes = readableJson(body) } = content ?? {}
  return { status, type, bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes, ...(after === undefined ? {} : { retryAfterSeconds: Number(after) }) }
}

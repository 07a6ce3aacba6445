// Watching over HTTP: what the system does, told as it changes.
import type { FlowDocument } from '../../system/gateway/flow-document.ts'
import { patchBetween } from '../../system/protocol/merge-patch.ts'
import type { ServerEvent } from './answer.ts'
import { EVENT_STREAM } from './event-stream.ts'
import { NAME } from './parameters.ts'
import type { Parameter } from './parameters.ts'
import { problem } from './answer.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'

const TYPES_LENGTH_MAX = 10_000

const TYPES: Parameter<readonly string[] | undefined> = {
  in: 'query', name: 'types', description: 'Actor types, separated by commas; all unless given.', isRequired: false,
  schema: { type: 'string', maxLength: TYPES_LENGTH_MAX, pattern: '^[a-z][a-z0-9-]{0,62}(,[a-z][a-z0-9-]{0,62})*$' },
  read: (text) => {
    if (text === undefined) return { value: undefined }
    const types = text.length <= TYPES_LENGTH_MAX ? [...new Set(text.split(','))] : ['']
    return types.every((type) => NAME.test(type)) ? { value: types } : undefined
  },
}

export const WATCHING: readonly Route[] = [
  route({
    method: 'GET', path: '/v1/watch', operation: 'watch',
    summary: 'What the system does, as server-sent events `look`: each is a JSON merge patch (RFC 7396) on the document so far (schema Flow), the first is all of it; at most 5 a second, none while nothing changes',
    parameters: { types: TYPES },
    replies: {
      200: { description: 'Events as long as the caller listens. Counts begin with the first one that listens, and only grow. A caller that reads slowly misses what was between.', schema: 'Flow', type: EVENT_STREAM },
      404: { description: 'There is no such actor type.', schema: 'Error' }, 503: { description: 'Too many listen already.', schema: 'Error' },
    },
    handle: async ({ types }, { gateway, signal }) => {
      const known = gateway.types().map(({ type }) => type)
      const unknown = types?.find((type) => !known.includes(type))
      if (unknown !== undefined) return problem(404, 'type/not-found', `there is no actor type '${unknown}'. Types: ${known.join(', ')}.`)
      return { status: 200, headers: { 'content-type': EVENT_STREAM }, events: looks(gateway.watch(types ?? known, signal)) }
    },
  }),
]

async function* looks(documents: AsyncIterable<FlowDocument>): AsyncGenerator<ServerEvent, void> {
  let given: object = {}
  for await (const document of documents) {
    const patch = patchBetween({ ...given }, { ...document })
    given = document
    if (patch !== undefined) yield { event: 'look', data: patch }
  }
}

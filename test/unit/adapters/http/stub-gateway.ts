// A gateway that notes what reaches it, and answers the same whatever it is asked.
import type { Gateway } from '../../../../system/gateway/gateway.ts'
import type { EntityAnswer } from '../../../../system/partition/view.ts'

const PLACE = { partition: 0, life: '00000000-0000-4000-8000-000000000000', epoch: 1, seq: 7 }

export function stubGateway(): Gateway & { readonly asked: (readonly unknown[])[] } {
  const asked: (readonly unknown[])[] = []
  const answer = (type: string, id: string): EntityAnswer => ({
    type, id, ...PLACE, code: 'door@1:0', watermarkMs: undefined,
    entity: { value: 'open', configuration: 'open', context: {}, status: 'active', changedSeq: 7, timers: [], tasks: [], held: [], expireAtMs: undefined, parked: undefined },
  })
  return {
    asked,
    types: () => [{ type: 'door', version: 1, code: 'door@1:0', partitions: 1, sources: [] }],
    get: async (...args) => {
      asked.push(['get', ...args.map(withoutSignal)])
      return { kind: 'entity', answer: answer(args[0], args[1]) }
    },
    counts: async (...args) => {
      asked.push(['counts', ...args.map(withoutSignal)])
      return { kind: 'counts', counts: { type: args[0], entities: 1, parked: 0, states: { open: 1 }, at: [PLACE] } }
    },
    partitions: async (...args) => {
      asked.push(['partitions', ...args.map(withoutSignal)])
      return [{ type: 'door', partition: 0, state: 'live', reason: '', at: PLACE, lag: { sources: 0, inbox: 0 }, entities: 1, parked: 0 }]
    },
    command: async (...args) => {
      asked.push(['command', ...args.map(withoutSignal)])
      return { kind: 'reply', at: PLACE, value: null }
    },
    flows: async (...args) => {
      asked.push(['flows', ...args.map(withoutSignal)])
      return [{ type: 'door', partition: 0, answer: { kind: 'refused', state: 'absent', reason: 'nobody owns the partition now' } }]
    },
    watch: async function* (types) {
      asked.push(['watch', types])
      yield { at: 0, system: 'house', types: {} }
    },
    wait: async (...args) => {
      asked.push(['wait', ...args.slice(0, 3), args[3].deadlineMs])
      return { kind: 'reached', answer: answer(args[0], args[1]) }
    },
  }
}

/** A signal is each request's own. */
function withoutSignal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('signal' in value)) return value
  const { signal: _, ...rest } = value
  return rest
}

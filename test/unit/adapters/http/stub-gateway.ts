// A gateway that notes what reaches it, and answers the same whatever it is asked.
import type { EntityResult, Gateway } from '../../../../system/gateway/gateway.ts'
import type { HistoryEntry } from '../../../../system/inspect/history.ts'
import { recorded } from '../../../../system/inspect/inspection.ts'
import type { Letter } from '../../../../system/inspect/letters.ts'
import type { EntityId } from '../../../../system/protocol/ids.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import type { EntityAnswer } from '../../../../system/partition/view.ts'

const PLACE = { partition: 0, life: '00000000-0000-4000-8000-000000000000', epoch: 1, seq: 7 }

const ENTRY: HistoryEntry = {
  seq: 7, n: 2, timeMs: 5, processedMs: 6, event: { type: 'open' }, cause: 'doors-0-4', from: 'shut', to: 'open', context: { opened: 1 }, machine: { value: 'open', status: 'active' },
  effects: [{ kind: 'infer', model: 'm', vector: [1, 2] }, { kind: 'emit', event: { type: 'opened' } }, { kind: 'lookup', table: 't', key: 'k' }], scores: [0.5], models: [{ name: 'm', version: 4, hash: 'ab' }], rows: [{ a: 1 }], verdict: undefined,
}
const LETTER: Letter = {
  topic: 'doors.dlq', partition: 0, record: { offset: 3, key: utf8Encode('front'), value: new Uint8Array([0xff, 0]), headers: [], timestampMs: 9 },
  info: { class: 'schema', message: 'no', stack: 'at step', stage: 'decode', directive: 'skip', group: 'house.door', entity: 'front', topic: 'doors', partition: 0, offset: 12, timer: undefined, attempts: 1, firstMs: 9, lastMs: 9, bytes: 2, sha256: undefined },
}

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
    history: async (...args) => {
      asked.push(['history', ...args.map(withoutSignal)])
      return { kind: 'history', page: { type: args[0], id: args[1], at: PLACE, entries: [ENTRY], inputs: new Map([['ab', ['x', 'y']]]), older: 'more', reason: '' } }
    },
    list: async (...args) => {
      asked.push(['list', ...args.map(withoutSignal)])
      return { kind: 'entities', page: { entities: [{ id: args[0] as EntityId, configuration: 'open', changedSeq: 7, changedMs: 9 }], next: args[0] as EntityId, index: { lagMs: 1.5, at: [PLACE] } } }
    },
    letters: async (...args) => {
      asked.push(['letters', ...args.map(withoutSignal)])
      return { kind: 'letters', page: { letters: [LETTER], next: new Map([['doors.dlq/0', 3], ['house.door.inbox.dlq/1', 7]]) } }
    },
    follow: (type, id) => {
      asked.push(['follow', type, id])
      return updatesOf([{ kind: 'entity', answer: answer(type, id) }, { kind: 'unavailable', type, partition: 0, state: 'recovering', reason: 'it recovers' }])
    },
    inspect: async function* (given) {
      asked.push(['inspect', given])
      yield* recorded({ type: given.type, id: given.id, at: PLACE, entries: [ENTRY], older: 'none' }, given.definition, given.entriesMax)
      yield { kind: 'unavailable', type: given.type, partition: 0, state: 'recovering', reason: 'it recovers' }
    },
    letter: async (...args) => {
      asked.push(['letter', ...args])
      return args[0] === 'nothing.dlq' ? undefined : LETTER
    },
    wait: async (...args) => {
      asked.push(['wait', ...args.slice(0, 3), args[3].deadlineMs])
      return { kind: 'reached', answer: answer(args[0], args[1]) }
    },
  }
}

async function* updatesOf(updates: readonly EntityResult[]): AsyncGenerator<EntityResult, void> {
  yield* updates
}

/** A signal is each request's own. */
function withoutSignal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('signal' in value)) return value
  const { signal: _, ...rest } = value
  return rest
}

// The checker's own reading of what stands in a log: journal arrays, envelopes, dead letters. Only bytes to values is borrowed (CBOR).
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'

type Parts = readonly unknown[]

export interface Range {
  readonly topic: string
  readonly from: number
  readonly to: number
  readonly n: number
}

export interface Firing {
  readonly dueMs: number
  readonly entity: string
  /** 0 held, 1 timer, 2 task, 3 end of a stopped entity. */
  readonly kind: number
  readonly id: string
  readonly generation: string
}

export type Watermark = readonly [input: string, ms: number, idle: boolean]

export interface Entry {
  readonly offset: number
  readonly life: string
  readonly epoch: number
  readonly seq: number
  readonly kind: string
  readonly nowMs: number
  readonly inputs: readonly Range[]
  readonly positions: ReadonlyMap<string, number>
  readonly firings: readonly Firing[]
  readonly watermarks: readonly Watermark[]
  /** The batch stopped releasing after this entry (undefined: before the first), under these watermarks; at its start or before an input. */
  readonly cut: { readonly atStart: boolean; readonly after: Omit<Firing, 'generation'> | undefined; readonly watermarks: readonly Watermark[] } | undefined
  readonly verdicts: readonly { readonly input: string; readonly class: string }[]
  readonly drops: ReadonlyMap<string, number>
  /** One firing, release or arrival: the partition isolated after crashes. */
  readonly isSingle: boolean
}

function listOf(bytes: Uint8Array | null): Parts | undefined {
  const decoded = bytes === null ? undefined : cborCodec.decode(bytes)
  return decoded?.kind === 'ok' && Array.isArray(decoded.value) ? (decoded.value as Parts) : undefined
}

export function readEntry(record: LogRecord): Entry | undefined {
  const p = listOf(record.value)
  if (p?.[0] !== 1) return undefined
  const firings = p[12] as readonly (readonly [number, string, number, string, string])[]
  const cut = p[14] as readonly [boolean, readonly [number, string, number, string] | null, readonly Watermark[]] | null
  const after = cut?.[1]
  return {
    offset: record.offset, life: p[1] as string, epoch: p[2] as number, seq: p[3] as number, kind: p[4] as string, nowMs: p[7] as number,
    inputs: (p[8] as readonly (readonly [string, number, number, number])[]).map(([topic, from, to, n]) => ({ topic, from, to, n })),
    positions: new Map(p[9] as readonly (readonly [string, number])[]),
    firings: firings.map(([dueMs, entity, kind, id, generation]) => ({ dueMs, entity, kind, id, generation })),
    watermarks: p[13] as readonly Watermark[],
    cut: cut === null ? undefined : { atStart: cut[0], after: after === null || after === undefined ? undefined : { dueMs: after[0], entity: after[1], kind: after[2], id: after[3] }, watermarks: cut[2] },
    verdicts: (p[15] as readonly (readonly [string, string])[]).map(([input, failure]) => ({ input, class: failure })),
    drops: new Map(p[17] as readonly (readonly [string, number])[]),
    isSingle: (p[6] as number) >= 3 && (p[24] as number) <= 20,
  }
}

export interface PlainEvent {
  readonly type: string
  readonly [key: string]: unknown
}

export type InboxItem =
  | { readonly kind: 'tell'; readonly sender: string; readonly watermark: number | undefined; readonly id: string; readonly timeMs: number; readonly source: string; readonly sourceId: string; readonly event: PlainEvent }
  | { readonly kind: 'watermark'; readonly sender: string; readonly watermark: number; readonly idle: boolean }
  | { readonly kind: 'result'; readonly task: string; readonly key: string; readonly timeMs: number; readonly ok: boolean; readonly value: unknown }

export function readInbox(record: LogRecord): InboxItem | undefined {
  const p = listOf(record.value)
  switch (p?.[0]) {
    case 't': return { kind: 'tell', sender: `${String(p[1])}/${String(p[2])}`, watermark: p[3] === null ? undefined : (p[3] as number), id: p[4] as string, timeMs: p[5] as number, source: p[7] as string, sourceId: p[8] as string, event: p[9] as PlainEvent }
    case 'w': return { kind: 'watermark', sender: `${String(p[1])}/${String(p[2])}`, watermark: p[3] as number, idle: p[4] === true }
    case 'r': return { kind: 'result', task: p[1] as string, key: p[2] as string, timeMs: p[3] as number, ok: p[4] === true, value: p[5] }
    default: return undefined
  }
}

/** The end or promise that a source topic carries, by the header of its control records. */
export function readPromise(record: LogRecord): number | undefined {
  const header = record.headers.find(([name]) => name === 'statelog-control')
  const p = header === undefined ? undefined : listOf(header[1])
  return p?.[0] === 's' ? (p[1] as number) : undefined
}

export interface Letter {
  readonly class: string
  readonly topic: string
  readonly offset: number | undefined
  readonly timer: string | undefined
  readonly bytes: number
}

export function readLetter(record: LogRecord): Letter | undefined {
  const header = record.headers.find(([name]) => name === 'statelog-dead-letter')
  return header === undefined ? undefined : (JSON.parse(new TextDecoder().decode(header[1])) as Letter)
}

export interface StoredEntity {
  readonly m?: { readonly value: unknown; readonly context: unknown; readonly status: string }
  readonly t?: readonly (readonly [id: string, generation: string, dueMs: number])[]
  readonly k?: readonly (readonly [id: string, key: string])[]
  readonly h?: readonly unknown[]
  readonly d?: readonly (readonly [key: string, timeMs: number])[]
  readonly stopped?: true
}

/** A stored state; undefined for bytes that are none. */
export function readState(bytes: Uint8Array): StoredEntity | undefined {
  const decoded = cborCodec.decode(bytes)
  return decoded.kind === 'ok' && typeof decoded.value === 'object' ? (decoded.value as StoredEntity) : undefined
}

/** UTF-8 text of a key; undefined when it is none. */
export function textOf(bytes: Uint8Array | null): string | undefined {
  if (bytes === null) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

// Port: bytes for plain data. `encode` keeps the order of keys as given; `canonical` sorts them, so equal data has equal bytes.
//
// C1. decode(encode(x)) is x for all `Data`, also -0, NaN, infinities, bigint and bytes.
// C2. A value that is not plain data (function, symbol, class instance, cycle, too deep) is refused by name of its path, never dropped.
// C3. Hostile bytes (truncated, bombs, unknown tags) make `decode` return a failure, never throw or exhaust memory.

export type Decoded = { readonly kind: 'ok'; readonly value: unknown } | { readonly kind: 'failed'; readonly reason: string }

/** Thrown by `encode` and `canonical` for a value that cannot be stored; the message names the path. */
export class NotPlainData extends TypeError {
  override readonly name = 'NotPlainData'
}

export interface Codec {
  /** May return a view into a larger buffer that is not written again. Throws NotPlainData. */
  encode(value: unknown): Uint8Array
  canonical(value: unknown): Uint8Array
  /** Own bytes: the form that `encode` writes and no other. */
  decode(bytes: Uint8Array): Decoded
  /** Any well-formed CBOR whose value is plain data: what other producers write. C3 holds. */
  decodeForeign(bytes: Uint8Array): Decoded
}

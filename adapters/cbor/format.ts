// The subset of CBOR (RFC 8949) that statelog writes and reads. One form per value, so that equal data in equal order has equal bytes.
//
// | data | bytes |
// |---|---|
// | integer of up to 53 bits | major type 0 or 1, shortest form |
// | -0, and every other number | 64-bit float; NaN is always 7ff8000000000000 |
// | bigint | tag 2 or 3 over a byte string without leading zeros |
// | Date | tag 1 over seconds, an integer where it can be; an invalid Date is NaN |
// | text | major type 3; text with a lone surrogate is tag 273 (WTF-8) over a byte string |
// | Uint8Array, list, object | major types 2, 4, 5, of definite length; keys are texts |
// | undefined, null, true, false | simple values |
//
// Anything else is refused when read: other tags, indefinite lengths, short floats, integers beyond 53 bits,
// bytes after the end. (A head longer than it need be is read.)

export const MAJOR_UNSIGNED = 0x00
export const MAJOR_NEGATIVE = 0x20
export const MAJOR_BYTES = 0x40
export const MAJOR_TEXT = 0x60
export const MAJOR_LIST = 0x80
export const MAJOR_OBJECT = 0xa0
export const MAJOR_TAG = 0xc0

export const FALSE = 0xf4
export const TRUE = 0xf5
export const NULL = 0xf6
export const UNDEFINED = 0xf7
export const FLOAT64 = 0xfb

export const TAG_DATE = 1
export const TAG_BIGINT = 2
export const TAG_NEGATIVE_BIGINT = 3
export const TAG_WTF8 = 273

// Bits of doubles, and the two exact operations that everything else in statelog math is made of.
//
// Owns: access to the words of a double, powers of two, the exact error of a sum and of a product.
// Does not know any function; `math.ts` lists those.
//
// M1. Only IEEE operations that round correctly (+ - * / sqrt), comparisons, floor and integer arithmetic: the same
//     bits on every runtime and processor.


const view = new DataView(new ArrayBuffer(8))

/** Sign, exponent and the upper 20 bits of the fraction, as a signed 32-bit integer. */
export function highWord(x: number): number {
  view.setFloat64(0, x, true)
  return view.getInt32(4, true)
}

/** The same double with the lower 32 bits of its fraction cleared: products of two such numbers are nearly exact. */
export function withoutLowWord(x: number): number {
  view.setFloat64(0, x, true)
  view.setInt32(0, 0, true)
  return view.getFloat64(0, true)
}

/** The same double with another high word. */
export function withHighWord(x: number, high: number): number {
  view.setFloat64(0, x, true)
  view.setInt32(4, high, true)
  return view.getFloat64(0, true)
}

/** The double whose high word is given and whose low word is zero. */
export function fromHighWord(high: number): number {
  view.setInt32(0, 0, true)
  view.setInt32(4, high, true)
  return view.getFloat64(0, true)
}

/** The 64 bits as 16 lower-case hex digits; every NaN is written as the quiet one. */
export function bitsOf(x: number): string {
  if (x !== x) return '7ff8000000000000'
  view.setFloat64(0, x)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}

/** The double with these 16 hex digits. */
export function fromBits(hex: string): number {
  view.setBigUint64(0, BigInt(`0x${hex}`))
  return view.getFloat64(0)
}

const TWO_POWER_1023 = fromHighWord(0x7fe00000)
const TWO_POWER_MINUS_1000 = fromHighWord(23 << 20)

/** y * 2^k with one rounding, for y in [0.25, 4) and k in [-1100, 1024]. */
export function scaled(y: number, k: number): number {
  if (k > 1023) return y * 2 * TWO_POWER_1023
  if (k >= -1021) return y * fromHighWord((k + 1023) << 20)
  return y * fromHighWord((k + 2023) << 20) * TWO_POWER_MINUS_1000
}

const SPLITTER = 134217729 // 2^27 + 1 (Veltkamp)

/** a * b - product, exactly, where product = a * b rounded; for |a|, |b| in [2^-480, 2^480] (Dekker). */
export function productError(a: number, b: number, product: number): number {
  const aScaled = a * SPLITTER
  const aHigh = aScaled - (aScaled - a)
  const aLow = a - aHigh
  const bScaled = b * SPLITTER
  const bHigh = bScaled - (bScaled - b)
  const bLow = b - bHigh
  return aLow * bLow - (((product - aHigh * bHigh) - aLow * bHigh) - aHigh * bLow)
}

/** a + b - sum, exactly, where sum = a + b rounded and |a| >= |b| (or a = 0). */
export function sumError(a: number, b: number, sum: number): number {
  return b - (sum - a)
}

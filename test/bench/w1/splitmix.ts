// SplitMix64's finaliser without bigints: 64 bits as two unsigned halves. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".

/** The halves of the number made last. */
let high = 0
let low = 0

/** high:low = a * b mod 2^64. */
function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const a0 = aLow & 0xffff
  const a1 = aLow >>> 16
  const b0 = bLow & 0xffff
  const b1 = bLow >>> 16
  // Each product is below 2^32, each sum below 2^53.
  const low0 = a0 * b0
  const middle = a1 * b0 + (low0 >>> 16)
  const middleLow = (middle % 0x10000) + a0 * b1
  const carried = a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(middleLow / 0x10000)
  low = ((middleLow << 16) | (low0 & 0xffff)) >>> 0
  high = (carried + Math.imul(aLow, bHigh) + Math.imul(aHigh, bLow)) >>> 0
}

/** high:low ^= high:low >>> by, for 0 < by < 32. */
function foldRight(by: number): void {
  const shiftedLow = ((high << (32 - by)) | (low >>> by)) >>> 0
  high = (high ^ (high >>> by)) >>> 0
  low = (low ^ shiftedLow) >>> 0
}

/** Draws number `index` (an integer from 0) of the stream of `seed` (below 2^32): `highOf` and `unitOf` read it. */
function draw(seed: number, index: number): void {
  multiply(0x9e3779b9, 0x7f4a7c15, Math.floor((index + 1) / 0x100000000), (index + 1) >>> 0)
  const sum = low + seed
  high = (high + (sum >= 0x100000000 ? 1 : 0)) >>> 0
  low = sum >>> 0
  foldRight(30)
  multiply(high, low, 0xbf58476d, 0x1ce4e5b9)
  foldRight(27)
  multiply(high, low, 0x94d049bb, 0x133111eb)
  foldRight(31)
}

/** The upper 32 bits of a draw. */
export function highOf(seed: number, index: number): number {
  draw(seed, index)
  return high
}

/** A draw as a number in [0, 1): its upper 53 bits. */
export function unitOf(seed: number, index: number): number {
  draw(seed, index)
  return (high * 0x200000 + (low >>> 11)) / 0x20000000000000
}

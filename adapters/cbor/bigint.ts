// Magnitudes of bigints as bytes, most significant first, without leading zeros.

export function magnitudeBytes(magnitude: bigint): Uint8Array {
  const hex = magnitude === 0n ? '' : magnitude.toString(16)
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  return Uint8Array.from({ length: even.length / 2 }, (_, index) => Number.parseInt(even.slice(2 * index, 2 * index + 2), 16))
}

export function magnitudeOf(bytes: Uint8Array): bigint {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex === '' ? 0n : BigInt(`0x${hex}`)
}

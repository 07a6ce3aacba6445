// Samples: the arrays that rings and tails keep, copied on write.
//
// A frozen array is never written. All are plain arrays of numbers, so that any codec stores them.

/** `values` without its first `drop`, plus `value` at the end. */
export function appended(values: readonly number[], drop: number, value: number): number[] {
  if (drop === 0) {
    const grown = values.slice()
    grown.push(value)
    return grown
  }
  // A native copy, moved down in place, is the fastest way on both runtimes: filling a new array is 20 times slower on one.
  const next = values.slice(drop - 1)
  const last = next.length - 1
  for (let i = 0; i < last; i++) next[i] = next[i + 1]!
  next[last] = value
  return next
}

/** `values` with `value` before position `at`. */
export function inserted(values: readonly number[], at: number, value: number): number[] {
  const next = values.slice()
  next.splice(at, 0, value)
  return next
}

/** How many of the ascending `times` are <= `timeMs`: where a sample of that time goes, after those of equal time. */
export function upperBound(times: readonly number[], timeMs: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle]! <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}

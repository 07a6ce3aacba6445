// What JavaScript holds: heap and buffers after a full collection. Node must be started with --expose-gc.

interface Collector {
  readonly gc?: () => void
  readonly Bun?: { gc(isSync: boolean): void }
}

/** Bytes; 0 where the process cannot ask for a collection. */
export function heldBytes(): number {
  const { gc, Bun } = globalThis as Collector
  if (gc === undefined && Bun === undefined) return 0
  for (let time = 0; time < 2; time += 1) Bun === undefined ? gc?.() : Bun.gc(true)
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

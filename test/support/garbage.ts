// Collects garbage now, on either runtime: for tests of what is let go of.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = () => void

const { Bun } = globalThis as { readonly Bun?: { gc(isAtOnce: boolean): void } }

function onNode(): Collect {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as Collect
}

const collect: Collect = Bun === undefined ? onNode() : () => Bun.gc(true)

/** How many of these objects are still held by somebody. What the running code had in its hands last may be among them. */
export async function keptOf(references: readonly WeakRef<object>[]): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    collect()
  }
  return references.filter((reference) => reference.deref() !== undefined).length
}

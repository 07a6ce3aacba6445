// One property run by its seed, and many of them with what they met.
import type { AnyMachineSnapshot } from 'xstate'
import { judge } from './judge.ts'
import { drawPlan } from './plan.ts'
import { World } from './world.ts'

/** Runs and judges; adds what it met to `counts`. Throws what differs, with the seed that repeats it. */
export async function runOnce(seed: number, counts: Map<string, number>): Promise<void> {
  const add = (what: string, count = 1): void => void counts.set(what, (counts.get(what) ?? 0) + count)
  try {
    const world = new World(drawPlan(seed))
    await world.run()
    const oracle = await judge(world, (event, before, after) => {
      for (const what of met(event, before, after)) add(what)
    })
    add(`run ${world.plan.variant}`)
    for (const [what, count] of [...oracle.counts, ...world.counts]) add(what, count)
    for (const [reason, count] of oracle.drops) add(`drop ${reason}`, count)
    for (const answers of world.answers.values()) add('command answered', answers.length)
  } catch (thrown) {
    const message = thrown instanceof Error ? `${thrown.message}\n${thrown.stack ?? ''}` : String(thrown)
    throw new TypeError(`run ${seed} (again: STATELOG_RUN=${seed}): ${message}`, { cause: thrown })
  }
}

function met(event: string, before: AnyMachineSnapshot, after: AnyMachineSnapshot): readonly string[] {
  const found: string[] = []
  const nodes = (after as unknown as { _nodes: readonly { type: string; always?: readonly unknown[] }[] })._nodes
  if (nodes.some(({ type }) => type === 'parallel')) found.push('step in parallel')
  if (before.historyValue !== after.historyValue && JSON.stringify(Object.keys(after.historyValue as object)) !== '[]') found.push('history kept')
  if (event.startsWith('xstate.after.')) found.push('after taken')
  if (event.startsWith('xstate.done.actor.')) found.push('task done')
  if (event.startsWith('xstate.error.actor.')) found.push('task failed')
  const fuel = (snapshot: AnyMachineSnapshot): number => (snapshot.context as { fuel: number }).fuel
  if (fuel(after) < fuel(before)) found.push('always taken')
  if (after.status === 'done') found.push('machine done')
  if (after.status === 'error') found.push('machine error')
  return found
}

/** The counts as lines, most first. */
export function countLines(counts: ReadonlyMap<string, number>): readonly string[] {
  return [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([what, count]) => `${what.padEnd(24)} ${count}`)
}

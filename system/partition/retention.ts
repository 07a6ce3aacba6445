// Retention that recovery cannot live with: what a topic may remove although it is above the floor. Pure.
import type { TopicProblem } from '../ports/log.ts'
import type { TopicKeeping } from '../ports/topic-keeping.ts'
import type { TopicKind, TopicNeed } from './topic-kinds.ts'

const WHY: Readonly<Record<TopicKind, string>> = {
  source: 'a recovery reads inputs from the floor on again, and a system that stands still consumes none',
  inbox: 'a recovery reads inputs from the floor on again, and a system that stands still consumes none',
  journal: 'every recovery begins with its newest records, and a partition at rest writes none',
  states: 'an entity that nothing happens to is not written again: its state would be lost',
  records: 'nothing is recovered from it',
}

/** One problem for each topic and bound; none: recovery finds what it needs. */
export function retentionProblems(needs: readonly TopicNeed[], keepings: readonly TopicKeeping[]): readonly TopicProblem[] {
  const kept = new Map(keepings.map((keeping) => [keeping.topic, keeping]))
  return needs.flatMap((need) => {
    const keeping = kept.get(need.topic)
    // Without it nothing of a topic expires, whatever its bounds say.
    if (keeping?.cleanup.has('delete') !== true) return []
    const tooShort = keeping.retentionMs < need.keptMsMin ? [`after ${keeping.retentionMs} ms`, needed(need.keptMsMin, 'ms')] as const : undefined
    const tooSmall = keeping.retentionBytes < need.keptBytesMin ? [`beyond ${keeping.retentionBytes} bytes of a partition`, needed(need.keptBytesMin, 'bytes')] as const : undefined
    return [tooShort, tooSmall].flatMap((found) => (found === undefined ? [] : [{ topic: need.topic, reason: `it may remove records ${found[0]}, and this ${nounOf(need.kind)} must keep ${found[1]}: ${WHY[need.kind]}` }]))
  })
}

const needed = (least: number, unit: string): string => (least === Infinity ? 'everything' : `at least ${least} ${unit}`)

const nounOf = (kind: TopicKind): string => (kind === 'states' ? 'topic of states' : kind)

// The model `fraud`, and what its score means. Trained by scenarios/fraud/train.ts; the JSON is its output, unedited.
import { defineModel } from 'statelog'
import type { TreesDefinition } from '../../system/models/model.ts'
import type { Verdict } from './events.ts'
import trained from './fraud-model.json' with { type: 'json' }

export const fraud = defineModel(trained as TreesDefinition)

/** At or above this score a purchase is declined; its card is blocked. */
export const DECLINE_AT = 0.6
/** At or above this score a person should look at it; its card becomes suspicious. */
export const REVIEW_AT = 0.2

export function decide(score: number): Verdict['decision'] {
  if (score >= DECLINE_AT) return 'decline'
  return score >= REVIEW_AT ? 'review' : 'approve'
}

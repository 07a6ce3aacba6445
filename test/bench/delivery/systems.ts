// What the fleet's load is put on: the delivery domain as users write it, or the plain tracker.
import { deliverySystem } from '../../../actors/delivery/system.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { trackerSystem } from './tracker.ts'

export type Subject = 'tracker' | 'domain'

export function systemOf(subject: Subject): SystemDefinition {
  return subject === 'tracker' ? trackerSystem() : deliverySystem({ order: 'arrival' })
}

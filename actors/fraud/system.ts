// The fraud domain as one app: cards, terminals and the model between them.
import { defineSystem } from 'statelog'
import type { SystemDefinition } from 'statelog'
import { card } from './card.ts'
import { fraud } from './model.ts'
import { terminal } from './terminal.ts'

export interface FraudSystemOptions {
  /** Of the terminals: 'arrival' for live traffic, 'eventTime' for history. */
  readonly order: 'arrival' | 'eventTime'
  /** Of both actor types, fixed for the life of the app. 4 unless given. */
  readonly partitions?: number
}

export function fraudSystem({ order, partitions = 4 }: FraudSystemOptions): SystemDefinition {
  return defineSystem({ name: 'fraud', actors: [card, terminal(order)], models: [fraud], partitions })
}

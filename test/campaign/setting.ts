// What all runs of a campaign have in common, and their judges know.
import { TIME_FACTOR } from '../support/chaos/clocks.ts'
import { PROCESSING } from '../support/chaos/variant.ts'
import type { Variant } from '../support/chaos/variant.ts'

export const SESSION_MS = 2000

/** Four partitions; memory for a part of the entities, so that states come from Redis all the time; stored a second of the machine after they changed. */
export const VARIANT: Variant = { ...PROCESSING, entityBytesMax: 1 << 20, snapshotEveryMs: TIME_FACTOR * 1000 }

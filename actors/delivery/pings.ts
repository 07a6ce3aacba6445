// The source `pings`, as all three consumer groups take it.
import { range, required, rule } from 'statelog'
import { Ping } from './events.ts'

/** How far behind the newest ping of a partition another may come before it counts as late. */
export const OUT_OF_ORDER_MS = 60_000
/** A rider or a delivery without pings for so long is lost. */
export const SILENT_MS = 120_000

const YEAR_2000_MS = 946_684_800_000

/** Ids are kept for dedup by the actor types that want them; see `dedup` there. */
export const pings = {
  schema: Ping,
  outOfOrder: OUT_OF_ORDER_MS,
  rules: [
    required('pingId', (ping: Ping) => ping.pingId),
    required('riderId', (ping: Ping) => ping.riderId),
    range('time', (ping: Ping) => ping.time, { min: YEAR_2000_MS }),
    // Receivers without a fix report 0, 0.
    rule('a position', (ping: Ping) => ping.lat !== 0 || ping.lng !== 0),
  ],
}

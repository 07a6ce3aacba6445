// ISO times: moments as RFC 3339 texts in UTF-8. Events come nearly in order of time, so the date is mostly that of the event before.
import { utf8Encode } from './utf8.ts'

const YEAR_0_MS = -62_167_219_200_000
const YEAR_10000_MS = 253_402_300_800_000
const DAY_MS = 86_400_000
const TEXT_BYTES = 24
const ZERO = 0x30

export class IsoTimes {
  /** `YYYY-MM-DDT00:00:00.000Z` of the day last asked for. */
  readonly #day = new Uint8Array(TEXT_BYTES)
  #dayMs = NaN

  /** UTC, milliseconds; years outside 0..9999 as plain milliseconds. */
  encode(timeMs: number): Uint8Array {
    if (!(timeMs >= YEAR_0_MS && timeMs < YEAR_10000_MS)) return utf8Encode(String(timeMs))
    if (!Number.isInteger(timeMs)) return utf8Encode(new Date(timeMs).toISOString())
    const dayMs = Math.floor(timeMs / DAY_MS) * DAY_MS
    if (dayMs !== this.#dayMs) {
      this.#day.set(utf8Encode(new Date(dayMs).toISOString()))
      this.#dayMs = dayMs
    }
    const bytes = this.#day.slice()
    let left = timeMs - dayMs
    const ms = left % 1000
    left = (left - ms) / 1000
    bytes[20] = ZERO + Math.floor(ms / 100)
    twoDigits(bytes, 21, ms % 100)
    twoDigits(bytes, 17, left % 60)
    left = Math.floor(left / 60)
    twoDigits(bytes, 14, left % 60)
    twoDigits(bytes, 11, Math.floor(left / 60))
    return bytes
  }
}

function twoDigits(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = ZERO + Math.floor(value / 10)
  bytes[at + 1] = ZERO + (value % 10)
}

// Numbers as people read them.

/** 1234567 -> 1,234,567. */
export function thousands(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`
}

/** The UTC day, 2018-04-01. */
export function day(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}

/** The UTC minute, 2018-04-01 16:30. */
export function moment(timeMs: number): string {
  return Number.isFinite(timeMs) ? new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ') : 'never'
}

/** 95 -> 1.6 min, 40 -> 40 s. */
export function minutes(seconds: number): string {
  return seconds < 60 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 6) / 10} min`
}

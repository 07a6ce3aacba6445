// Hash of an outline: what a drawing is kept under. Other than the machine's own hash it changes with everything that is drawn, descriptions and order too.
import type { Outline } from '../ports/outline.ts'
import { sha256Hex } from '../protocol/sha256.ts'

/** sha256 hex over its canonical JSON. JSON writes lone surrogates as escapes, so that different names stay different. */
export function outlineHash(outline: Outline): string {
  return sha256Hex(new TextEncoder().encode(canonical(outline)))
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).filter(([, each]) => each !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}

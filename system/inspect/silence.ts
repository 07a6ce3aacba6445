// Silence: telemetry of those who only read.
import type { Telemetry } from '../ports/telemetry.ts'

export const silentTelemetry: Telemetry = { partition: () => {}, batch: () => {}, log: () => {}, probe: () => {} }

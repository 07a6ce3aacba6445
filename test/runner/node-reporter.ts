// Reporter loaded by `node --test`: one JSON line for each thing the run needs to know.
import { resolve } from 'node:path'

interface TestEvent {
  readonly type: string
  readonly data: EventData
}

interface EventData {
  readonly name?: string
  readonly classname?: string
  readonly file?: string
  readonly entryFile?: string
  readonly message?: string
  readonly skip?: string | boolean
  readonly todo?: string | boolean
  readonly details?: { readonly type?: string; readonly error?: ErrorLike & { readonly failureType?: string } }
}

interface ErrorLike {
  readonly message?: string
  readonly stack?: string
  readonly cause?: unknown
}

export type ReportLine =
  | { readonly kind: 'test'; readonly file: string; readonly name: string; readonly outcome: 'passed' | 'failed' | 'skipped'; readonly message: string }
  | { readonly kind: 'output'; readonly file: string; readonly text: string }
  | { readonly kind: 'error'; readonly file: string; readonly text: string }

/** By the name that every Node we run on knows. */
export const TOGETHER = '--experimental-test-isolation=none'
const isTogether = process.execArgv.includes(TOGETHER)

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    const line = translate(event)
    if (line !== undefined) yield `${JSON.stringify(line)}\n`
  }
}

function translate({ type, data }: TestEvent): ReportLine | undefined {
  const file = data.entryFile ?? data.file ?? ''
  if (type === 'test:stdout') return { kind: 'output', file, text: data.message ?? '' }
  if (type === 'test:stderr') return { kind: 'error', file, text: data.message ?? '' }
  if (type === 'test:diagnostic' && file !== '') return { kind: 'output', file, text: `${data.message ?? ''}\n` }
  if (type === 'test:pass') return passed(file, data)
  if (type === 'test:fail') return failed(file, data)
  return undefined
}

function passed(file: string, data: EventData): ReportLine | undefined {
  // A suite is no test, and an event about the file itself comes only from a file without tests.
  if (data.details?.type === 'suite' || !isOfTest(data)) return undefined
  const skipped = data.skip ?? data.todo
  const isSkipped = skipped !== undefined && skipped !== false
  return { kind: 'test', file, name: fullName(data), outcome: isSkipped ? 'skipped' : 'passed', message: typeof skipped === 'string' ? skipped : '' }
}

function failed(file: string, data: EventData): ReportLine | undefined {
  const error = data.details?.error
  // Its children have been reported by themselves.
  if (error?.failureType === 'subtestsFailed') return undefined
  return { kind: 'test', file, name: isOfTest(data) ? fullName(data) : '(file)', outcome: 'failed', message: describe(error) }
}

/** The other events are of a file that failed to load, or has no test. */
function isOfTest({ entryFile, file, name }: EventData): boolean {
  return entryFile !== undefined || (isTogether && file !== undefined && resolve(name ?? '') !== file)
}

function fullName(data: EventData): string {
  return [data.classname, data.name].filter((part) => part !== undefined).join(' > ')
}

function describe(error: ErrorLike | undefined): string {
  const cause = error?.cause
  if (typeof cause === 'object' && cause !== null && 'stack' in cause && typeof cause.stack === 'string') return cause.stack
  return error?.message ?? 'failed without a reason'
}

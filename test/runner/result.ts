// What one test said, whichever runtime ran it.

export type Outcome = 'passed' | 'failed' | 'skipped'

export interface TestResult {
  readonly file: string
  readonly name: string
  readonly outcome: Outcome
  /** Why it failed or was skipped; empty for a passed test. */
  readonly message: string
}

/** Takes what a run tells while it runs. */
export interface Listener {
  result(result: TestResult): void
  /** A line that a test printed. */
  output(line: string): void
}

export function count(results: readonly TestResult[], outcome: Outcome): number {
  return results.filter((result) => result.outcome === outcome).length
}

/** A file whose tests silently disappeared would look like a passing one. */
export function filesWithoutTests(files: readonly string[], results: readonly TestResult[]): TestResult[] {
  const seen = new Set(results.map((result) => result.file))
  return files
    .filter((file) => !seen.has(file))
    .map((file) => ({ file, name: '(file)', outcome: 'failed', message: 'the file ran no test' }))
}

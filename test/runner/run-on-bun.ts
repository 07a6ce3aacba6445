// Runs test files with `bun test` and reads its report.
import type { Job } from './job.ts'
import { runCommand, type End } from './process.ts'
import type { Listener } from './result.ts'

export async function runOnBun(bun: string, job: Job, listener: Listener): Promise<End> {
  const report = new BunReport(listener)
  const end = await runCommand({
    path: bun,
    args: ['--no-install', '--no-env-file', 'test', '--no-orphans', ...(job.isTogether ? [] : [`--parallel=${CONCURRENCY}`]), `--timeout=${job.deadlineMs}`, ...job.files.map((file) => `./${file}`)],
    env: job.env,
    deadlineMs: job.deadlineMs,
    onStdout: (line) => {
      if (!line.startsWith('bun test v')) listener.output(line)
    },
    onStderr: (line) => report.line(line),
  })
  report.end(end)
  return end
}

const CONCURRENCY = 2
const FILE = /^(\S.*\.test\.ts):$/
const RESULT = /^\((pass|fail|skip|todo)\) (.*?)(?: \[[\d.]+m?s\])?$/
/** After the last file the failed tests are listed once more. */
const SUMMARY = /^\d+ tests? failed:$/
const OUTSIDE = '# Unhandled error between tests'
const OUTCOMES = { pass: 'passed', fail: 'failed', skip: 'skipped', todo: 'skipped' } as const

/** `bun test` prints the reason of a failure before the line that names the test. */
export class BunReport {
  readonly #listener: Listener
  #file = '(bun)'
  #lines: string[] = []
  #isOutside = false
  #isOver = false
  #failures = 0

  constructor(listener: Listener) {
    this.#listener = listener
  }

  line(line: string): void {
    if (SUMMARY.test(line)) this.#isOver = true
    if (this.#isOver) return
    const file = FILE.exec(line)
    const result = RESULT.exec(line)
    if (file !== null || result !== null) this.#endOutside()
    if (file !== null) {
      this.#file = file[1] ?? ''
      this.#lines = []
    } else if (result !== null) this.#result(result[1], result[2] ?? '')
    else if (line === OUTSIDE) this.#isOutside = true
    else this.#lines.push(line)
  }

  end(end: End): void {
    this.#endOutside()
    const isGood = end.kind === 'exit' && end.code === 0
    if (!isGood && this.#failures === 0) this.#fail('(process)', `ended with ${JSON.stringify(end)}\n${this.#lines.join('\n')}`)
  }

  #result(word: string | undefined, name: string): void {
    const outcome = OUTCOMES[word as keyof typeof OUTCOMES]
    if (outcome === 'failed') this.#fail(name, this.#lines.join('\n'))
    else this.#listener.result({ file: this.#file, name, outcome, message: '' })
    this.#lines = []
  }

  #endOutside(): void {
    if (this.#isOutside) this.#fail('(outside of tests)', this.#lines.join('\n'))
    this.#isOutside = false
  }

  #fail(name: string, message: string): void {
    this.#failures++
    this.#listener.result({ file: this.#file, name, outcome: 'failed', message: message.trim() })
  }
}

// Runs test files with `node --test`, each file in a process of its own, or all in one.
import { join, relative } from 'node:path'
import type { Job } from './job.ts'
import { TOGETHER } from './node-reporter.ts'
import type { ReportLine } from './node-reporter.ts'
import { runCommand, type End } from './process.ts'
import type { Listener } from './result.ts'

const CONCURRENCY = 2

export async function runOnNode(node: string, job: Job, listener: Listener): Promise<End> {
  const errors = new Map<string, string>()
  return runCommand({
    path: node,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--test',
      job.isTogether ? TOGETHER : `--test-concurrency=${CONCURRENCY}`,
      `--test-timeout=${job.deadlineMs}`,
      `--test-reporter=${join(import.meta.dirname, 'node-reporter.ts')}`,
      ...job.files,
    ],
    env: job.env,
    deadlineMs: job.deadlineMs,
    onStdout: (line) => take(parse(line), errors, listener),
    onStderr: (line) => listener.output(line),
  })
}

function parse(line: string): ReportLine {
  try {
    const parsed: ReportLine = JSON.parse(line)
    return parsed
  } catch {
    return { kind: 'output', file: '', text: line }
  }
}

function take(line: ReportLine, errors: Map<string, string>, listener: Listener): void {
  const file = relative(process.cwd(), line.file)
  if (line.kind === 'output') return listener.output(line.text.trimEnd())
  if (line.kind === 'error') {
    errors.set(file, (errors.get(file) ?? '') + line.text)
    return
  }
  // A file that fails as a whole (it did not load, or crashed) says why on standard error only.
  const message = line.name === '(file)' ? `${line.message}\n${errors.get(file) ?? ''}` : line.message
  listener.result({ file, name: line.name, outcome: line.outcome, message })
}

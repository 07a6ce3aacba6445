// The types tier: the compiler over the whole repository.
import { join } from 'node:path'
import type { Job } from './job.ts'
import { runCommand, type End } from './process.ts'
import type { Listener } from './result.ts'

const FINDING = /^(.+?)\((\d+),\d+\): error (.*)$/

export async function runTypes(runtime: string, job: Job, listener: Listener): Promise<End> {
  let failures = 0
  const onStdout = (line: string): void => {
    const [, file = '(tsc)', lineNumber = '0', message = line] = FINDING.exec(line) ?? []
    if (!FINDING.test(line) && !line.startsWith('error')) return
    failures++
    listener.result({ file, name: `line ${lineNumber}`, outcome: 'failed', message })
  }
  const end = await runCommand({
    path: runtime,
    args: [join('node_modules', 'typescript', 'bin', 'tsc'), '--project', 'tsconfig.json', '--pretty', 'false'],
    env: job.env,
    deadlineMs: job.deadlineMs,
    onStdout,
    onStderr: (line) => listener.output(line),
  })
  const isGood = end.kind === 'exit' && end.code === 0
  if (isGood) listener.result({ file: 'tsconfig.json', name: 'every file type-checks', outcome: 'passed', message: '' })
  else if (failures === 0) listener.result({ file: 'tsconfig.json', name: 'compiler', outcome: 'failed', message: JSON.stringify(end) })
  return end
}

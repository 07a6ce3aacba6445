// The types tier: the compiler over the whole repository: what runs on Node and Bun, and what runs in browsers.
import { join } from 'node:path'
import type { Job } from './job.ts'
import { runCommand, type End } from './process.ts'
import type { Listener } from './result.ts'

const PROJECTS = ['tsconfig.json', 'adapters/ui/page/tsconfig.json']
const FINDING = /^(.+?)\((\d+),\d+\): error (.*)$/

export async function runTypes(runtime: string, job: Job, listener: Listener): Promise<End> {
  const ends = await Promise.all(PROJECTS.map((project) => runProject(runtime, project, job, listener)))
  return ends.find((end) => end.kind !== 'exit' || end.code !== 0) ?? { kind: 'exit', code: 0 }
}

async function runProject(runtime: string, project: string, job: Job, listener: Listener): Promise<End> {
  let failures = 0
  const onStdout = (line: string): void => {
    const [, file = '(tsc)', lineNumber = '0', message = line] = FINDING.exec(line) ?? []
    if (!FINDING.test(line) && !line.startsWith('error')) return
    failures++
    listener.result({ file, name: `line ${lineNumber}`, outcome: 'failed', message })
  }
  const end = await runCommand({
    path: runtime,
    args: [join('node_modules', 'typescript', 'bin', 'tsc'), '--project', project, '--pretty', 'false'],
    env: job.env,
    deadlineMs: job.deadlineMs,
    onStdout,
    onStderr: (line) => listener.output(line),
  })
  const isGood = end.kind === 'exit' && end.code === 0
  if (isGood) listener.result({ file: project, name: 'every file type-checks', outcome: 'passed', message: '' })
  else if (failures === 0) listener.result({ file: project, name: 'compiler', outcome: 'failed', message: JSON.stringify(end) })
  return end
}

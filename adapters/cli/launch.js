// The launcher: `node adapters/cli/launch.js <file.ts> [args]`.
//
// Owns: the way from a fresh clone and whatever Node the machine has to a running TypeScript file: packages, runtime, child process.
// Does not own: what the file does. Plain JavaScript for Node >= 18 without a dependency, because nothing is installed when it starts.
//
// L1. A launch whose lock file is already installed touches neither the network nor node_modules.
// L2. Two launches at once install once.
// L3. Standard output belongs to the launched file; the launcher speaks on standard error, and only when it must.
import { realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureInstalled } from './launch/install.js'
import { runChild } from './launch/child.js'
import { chooseRuntime, commandLine, thisMachine } from './launch/runtime.js'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** @param {string} reason @param {string} cure */
function refuse(reason, cure) {
  process.stderr.write(`statelog: ${reason}\n  what to do: ${cure}\n`)
  return 1
}

/** @param {readonly string[]} args */
async function launch(args) {
  const [target, ...rest] = args
  if (target === undefined) return refuse('no file to launch', 'node adapters/cli/launch.js <file.ts> [arguments]')

  const machine = thisMachine(root)
  const installed = await ensureInstalled(root, machine)
  if (!installed.ok) return refuse(installed.reason, installed.cure)

  const runtime = chooseRuntime(machine, process.env['STATELOG_RUNTIME'])
  if (!runtime.ok) return refuse(runtime.reason, runtime.cure)

  const started = await runChild(commandLine(runtime, resolve(root, target), rest))
  return started.ok ? started.exitCode : refuse(started.reason, `check that ${runtime.path} can be executed, or choose another with STATELOG_RUNTIME`)
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await launch(process.argv.slice(2))
}

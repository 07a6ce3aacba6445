#!/usr/bin/env node
// The command of the installed package: `npx statelog <command>`.
//
// Owns: the way from whatever runtime started it to a fit one. Installs nothing; inside a clone `launch.js` does.
// Plain JavaScript for Node >= 18: one that is too old must hear what to do, not fail over syntax.
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from './launch/child.js'
import { bunPackage, chooseRuntime, commandLine, thisMachine, warnsOfSqlite } from './launch/runtime.js'

const here = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
/** The folder whose node_modules may hold a Bun: that of the project, or the clone itself. */
const project = basename(dirname(here)) === 'node_modules' ? resolve(here, '../..') : here

/** @param {import('./launch/runtime.js').Machine} machine @param {import('./launch/runtime.js').Refusal} refusal */
function refuse(machine, { reason, cure }) {
  const bun = bunPackage(machine)
  const beside = bun === undefined ? '' : `, or put Bun beside it: npm install ${bun}`
  const isOld = process.env['STATELOG_RUNTIME'] === undefined && machine.node !== undefined
  const [why, how] = isOld ? [`Node ${machine.node} is too old`, `install Node >= 22.22 (not 23, not 24.0 to 24.5)${beside}`] : [reason, cure]
  process.stderr.write(`statelog: ${why}\n  what to do: ${how}\n`)
  return 1
}

/** @param {readonly string[]} args @returns {Promise<number>} */
async function start(args) {
  const machine = thisMachine(project)
  const runtime = chooseRuntime(machine, process.env['STATELOG_RUNTIME'])
  if (!runtime.ok) return refuse(machine, runtime)
  // A Node that warns of its SQLite can be told not to by a flag alone, threads included.
  if (runtime.path === process.execPath && (machine.node === undefined || !warnsOfSqlite(machine.node))) {
    const { mainOfProcess } = await import('./main.ts')
    return mainOfProcess(args)
  }
  const ended = await runChild(commandLine(runtime, fileURLToPath(new URL('./main.ts', import.meta.url)), args))
  if (ended.ok) return ended.exitCode
  process.stderr.write(`statelog: ${ended.reason}\n  what to do: check that ${runtime.path} can be executed, or choose another with STATELOG_RUNTIME\n`)
  return 1
}

process.exitCode = await start(process.argv.slice(2))

// Program: how a process under measurement is started, whatever it is written in.
import { join } from 'node:path'
import { heapStart } from '../../../adapters/node/heap.ts'
import type { Runtime } from '../w1/measure.ts'

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const NODE_FLAGS = ['--disable-warning=ExperimentalWarning']

/** `member.ts`, started as `statelog` itself would be. */
export function memberProgram({ name, path }: Runtime): Program {
  const heap = heapStart(name)
  const flags = name === 'node' ? [...NODE_FLAGS, ...heap.flags] : ['--no-install', '--no-env-file']
  return { command: path, args: [...flags, join(import.meta.dirname, 'member.ts')], env: heap.env }
}

/** A script with Node's own defaults. kafkajs by itself asks for timeouts below nothing. */
export const nodeProgram = (path: string, script: string): Program => ({ command: path, args: [...NODE_FLAGS, '--disable-warning=TimeoutNegativeWarning', script], env: {} })

// Page note: a line in the data folder of a run that says where it is watched in a browser. For people; nothing decides by it.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { holderOf } from '../sqlite/lock.ts'

const fileOf = (folder: string): string => join(folder, 'page.url')

export function leavePage(folder: string, url: string): void {
  writeFileSync(fileOf(folder), `${process.pid} ${url}\n`)
}

export function forgetPage(folder: string): void {
  rmSync(fileOf(folder), { force: true })
}

/** Who runs the folder, and its page where it has one; undefined: nobody does. */
export function runningPage(folder: string): { readonly holder: string; readonly url: string | undefined } | undefined {
  const holder = holderOf(folder)
  if (holder === undefined) return undefined
  const [pid, url] = existsSync(fileOf(folder)) ? readFileSync(fileOf(folder), 'utf8').trim().split(' ') : []
  return { holder, url: holder === `process ${pid}` ? url : undefined }
}

// The layout: what may stand at the top, and a page for every folder with code.
import { posix } from 'node:path'
import { isUnder, type Finding } from '../source.ts'

const TOP = new Set(['actors', 'system', 'adapters', 'scenarios', 'test', 'package.json', 'package-lock.json', 'tsconfig.json', 'README.md', 'LICENSE'])
/** Made by npm, by runs and by the build; ignored by git. */
const LOCAL = new Set(['node_modules', 'data', 'dist'])

export function topLevel(names: readonly string[]): Finding[] {
  return names
    .filter((name) => !TOP.has(name) && !LOCAL.has(name) && !name.startsWith('.'))
    .map((name) => ({ path: name, line: 1, message: 'does not belong at the top; put it into a folder' }))
}

/** Folders with code but without README.md. The tests mirror the tree, so a tier's page serves all folders below it. */
export function missingPages(paths: readonly string[]): Finding[] {
  const present = new Set(paths)
  const folders = new Set(paths.filter((path) => /\.(ts|js)$/.test(path)).map(pageFolder))
  return [...folders].filter((folder) => !present.has(`${folder}/README.md`)).map((folder) => ({ path: `${folder}/README.md`, line: 1, message: 'missing: purpose, picture, files in reading order' }))
}

function pageFolder(path: string): string {
  const folder = posix.dirname(path)
  return isUnder(path, 'test') ? folder.split('/').slice(0, 2).join('/') : folder
}

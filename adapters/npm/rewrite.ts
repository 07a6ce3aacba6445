// Rewrite: what the compiler leaves of TypeScript in the files it writes, and which packages these import.
//
// R1. No compiled file names a `.ts` file: Node runs no TypeScript inside node_modules.
import { OperationError } from '../../system/protocol/failures.ts'

/** Import specifiers in declarations; the compiler renames those in code only. */
const DECLARED = /(["'])(\.{1,2}\/[^"'\n]+)\.ts\1/g
/** Entries of worker threads and child processes. */
const ENTRY = /(new URL\((["'])\.{1,2}\/[^"'\n]+)\.ts(\2, import\.meta\.url\))/g
const LEFT = /(["'])\.{1,2}\/[^"'\n]+\.ts\1/
const IMPORT = /(?:^(?:import|export)\b(?:[^'";=]*\bfrom)?\s*|\bimport(?:\.meta\.resolve)?\()(["'])([^"'\n]+)\1/gm

/** A compiled file's text with the names of compiled files. Throws OperationError when one is left that it does not understand. */
export function rewritten(path: string, text: string): string {
  if (path.endsWith('.d.ts')) return text.replace(DECLARED, '$1$2.js$1')
  const code = text.replace(ENTRY, '$1.js$3')
  const left = LEFT.exec(code)
  if (left !== null) throw new OperationError('package/typescript', `${path} still names ${left[0]}. Import it, or write new URL(${left[0]}, import.meta.url).`)
  return code
}

/** Names of the packages that a compiled file imports. */
export function packagesIn(text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].map(([, , specifier = '']) => specifier).filter((specifier) => !/^(\.|node:)/.test(specifier)).map(packageName)
}

function packageName(specifier: string): string {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

// The source tree as the tidy rules see it: paths, texts and syntax trees, read once per process.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-api'

export const ROOT = join(import.meta.dirname, '..', '..')
const CODE_FOLDERS = ['actors', 'system', 'adapters', 'scenarios', 'test']

/** One file of code; its path is relative to the repository and uses forward slashes. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
}

/** What a rule found: where, and what to do about it. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

export function parseSource(path: string, text: string): Source {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) }
}

/** Every file of code; what lies in a folder named fixtures is data. */
export function readSources(): Source[] {
  return listFiles(CODE_FOLDERS)
    .filter((path) => /\.(ts|js)$/.test(path) && !path.includes('/fixtures/'))
    .map((path) => parseSource(path, readFileSync(join(ROOT, path), 'utf8')))
}

export function listFiles(folders: readonly string[]): string[] {
  const entries = readdirSync(ROOT, { withFileTypes: true })
  return folders
    .filter((folder) => entries.some((entry) => entry.name === folder && entry.isDirectory()))
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1).replaceAll('\\', '/'))
    .sort()
}

export function lineOf(source: Source, position: number): number {
  return source.tree.getLineAndCharacterOfPosition(position).line + 1
}

export function findingAt(source: Source, node: ts.Node, message: string): Finding {
  return { path: source.path, line: lineOf(source, node.getStart(source.tree)), message }
}

/** Calls `visit` for every node of the file, parents first. */
export function eachNode(source: Source, visit: (node: ts.Node) => void): void {
  const walk = (node: ts.Node): void => {
    visit(node)
    ts.forEachChild(node, walk)
  }
  walk(source.tree)
}

export function isUnder(path: string, ...folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`))
}

export function findAll(sources: readonly Source[], rule: (source: Source) => readonly Finding[]): Finding[] {
  return sources.flatMap((source) => [...rule(source)])
}

export function assertNone(findings: readonly Finding[]): void {
  const lines = findings.map((finding) => `${finding.path}:${finding.line}: ${finding.message}`)
  assert.ok(lines.length === 0, `${lines.length} found\n${lines.join('\n')}`)
}

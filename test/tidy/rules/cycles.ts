// No import cycles, imports of types included.
import { importsOf } from '../imports.ts'
import type { Finding, Source } from '../source.ts'

/** One finding for each cycle that a depth-first walk meets, with the files on it. */
export function cycles(sources: readonly Source[]): Finding[] {
  const graph = new Map(sources.map((source) => [source.path, targetsOf(source)]))
  const done = new Set<string>()
  const found: Finding[] = []
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) {
      found.push({ path, line: 1, message: `import cycle: ${[...trail.slice(start), path].join(' -> ')}` })
      return
    }
    if (done.has(path)) return
    for (const target of graph.get(path) ?? []) walk(target, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) walk(path, [])
  return found
}

function targetsOf(source: Source): string[] {
  return [...new Set(importsOf(source).flatMap(({ target }) => (target.kind === 'file' ? [target.path] : [])))]
}

// Types: `any` nowhere but in the one file that faces XState's own loose types.
import ts from 'typescript-api'
import { eachNode, findingAt, type Finding, type Source } from '../source.ts'

export const LOOSE_FILE = 'adapters/xstate/loose.ts'

export function noAny(source: Source): Finding[] {
  if (source.path === LOOSE_FILE) return []
  const found: Finding[] = []
  eachNode(source, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(findingAt(source, node, `any; use unknown and parse, or put the type into ${LOOSE_FILE}`))
  })
  const silenced = new RegExp('@ts-' + '(ignore|nocheck|expect-error)').exec(source.text)
  // Type tests of the authoring API state what must not compile.
  if (silenced !== null && !source.path.startsWith('test/')) found.push({ path: source.path, line: 1, message: `${silenced[0]}; fix the type` })
  return found
}

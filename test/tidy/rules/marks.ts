// Marks that must not be committed: narrowed or skipped tests, notes to do later, names of one machine.
import ts from 'typescript-api'
import { eachNode, findingAt, isUnder, type Finding, type Source } from '../source.ts'

const TEST_MARKS = new Set(['only', 'skip', 'todo'])
const TEST_FUNCTIONS = /^(test|it|describe|suite|t|context)$/

export function noTestMark(source: Source): Finding[] {
  if (!isUnder(source.path, 'test')) return []
  const found: Finding[] = []
  eachNode(source, (node) => {
    const call = ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) ? node.expression : undefined
    if (call !== undefined && TEST_MARKS.has(call.name.text) && TEST_FUNCTIONS.test(call.expression.getText(source.tree))) found.push(findingAt(source, node, `.${call.name.text}: every test runs`))
    if (isMarkOption(node, source)) found.push(findingAt(source, node, `${node.getText(source.tree)}: every test runs`))
  })
  return found
}

/** { skip: true } and the like, as an argument of a test function. */
function isMarkOption(node: ts.Node, source: Source): boolean {
  if (!ts.isPropertyAssignment(node) || !TEST_MARKS.has(node.name.getText(source.tree))) return false
  const call = node.parent.parent
  return ts.isCallExpression(call) && TEST_FUNCTIONS.test(call.expression.getText(source.tree))
}

/** Split, so that this file does not find itself. */
const LATER = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`)
const MACHINE = new RegExp(`(?<![\\w.~:/-])/(${['work', 'home', 'root', 'Users', 'tmp'].join('|')})/\\w`)
const REGISTRY = new RegExp(`\\b(${['registry', 'npm-registry', 'verdaccio', 'artifactory'].join('|')})\\.[a-z]+(\\.[a-z]+)*\\b(?!\\()`)

/** For any text of the repository: code, pages, settings, the lock file. */
export function noMachineText(path: string, text: string): Finding[] {
  return text.split('\n').flatMap((line, index) => {
    const at = (message: string): Finding => ({ path, line: index + 1, message })
    const found: Finding[] = []
    if (LATER.test(line)) found.push(at('a note for later; do it or delete it'))
    if (MACHINE.test(line)) found.push(at('a path of one machine'))
    if (isHostText(path) && REGISTRY.test(line)) found.push(at('the host of a package registry'))
    return found
  })
}

/** In code `registry.register` is a method; in settings and scripts it is a host. */
function isHostText(path: string): boolean {
  return !/\.(ts|js|md)$/.test(path)
}

// Purity of system/ and actors/: no clock, no chance, no timer, no platform-dependent arithmetic or text, no global of a runtime.
//
// What is allowed of Math is listed, not what is refused: it is exact on every runtime. The rest differs between them (I11).
import ts from 'typescript-api'
import { eachNode, findingAt, isUnder, type Finding, type Source } from '../source.ts'

const EXACT_MATH = new Set(
  'abs ceil clz32 floor fround imul max min round sign sqrt trunc E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2'.split(' '),
)
const IMPURE_GLOBALS: Readonly<Record<string, string>> = {
  performance: 'the clock is a port',
  setTimeout: 'timers are effects or the clock port',
  setInterval: 'timers are effects or the clock port',
  setImmediate: 'timers are effects or the clock port',
  crypto: 'chance is a port',
  Intl: 'no locale in a step',
  process: 'no global of a runtime',
  Buffer: 'no global of a runtime; use Uint8Array',
  global: 'no global of a runtime',
  globalThis: 'no global of a runtime',
  require: 'no global of a runtime',
  fetch: 'system/ does no I/O; use a port',
  console: 'telemetry is a port',
}
const LOCAL_TEXT = /^(toLocale\w*|localeCompare)$/
const LOCAL_TIME = /^(getTimezoneOffset|[gs]et(FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds))$/

export function purity(source: Source): Finding[] {
  if (!isUnder(source.path, 'system', 'actors')) return []
  const own = declaredNames(source)
  const found: Finding[] = []
  eachNode(source, (node) => {
    const reason = impurityOf(node, own)
    if (reason !== undefined) found.push(findingAt(source, node, `${node.getText(source.tree).slice(0, 60)}: ${reason}`))
  })
  return found
}

function impurityOf(node: ts.Node, own: ReadonlySet<string>): string | undefined {
  if (node.kind === ts.SyntaxKind.AsteriskAsteriskToken || node.kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken) return 'differs between runtimes; use system/protocol/math'
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0) return 'the clock is a port'
  if (ts.isPropertyAccessExpression(node) && LOCAL_TEXT.test(node.name.text)) return 'no locale in a step'
  if (ts.isPropertyAccessExpression(node) && LOCAL_TIME.test(node.name.text)) return 'time zones differ between machines; use UTC'
  if (!ts.isIdentifier(node) || !isFreeUse(node) || own.has(node.text)) return undefined
  if (node.text === 'Math') return isExactMath(node) ? undefined : 'differs between runtimes or draws chance; use system/protocol/math or the random port'
  if (node.text === 'Date') return isClockRead(node) ? 'the clock is a port' : undefined
  return Object.hasOwn(IMPURE_GLOBALS, node.text) ? IMPURE_GLOBALS[node.text] : undefined
}

function isExactMath(node: ts.Identifier): boolean {
  return ts.isPropertyAccessExpression(node.parent) && EXACT_MATH.has(node.parent.name.text)
}

function isClockRead({ parent }: ts.Identifier): boolean {
  if (ts.isCallExpression(parent)) return true
  return ts.isPropertyAccessExpression(parent) && parent.name.text === 'now'
}

/** Whether the identifier is read as a value: no property, no name of a declaration, no type. */
function isFreeUse(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  if (ts.isTypeNode(parent) || ts.isQualifiedName(parent)) return false
  return !('name' in parent && parent.name === node) || ts.isShorthandPropertyAssignment(parent)
}

function declaredNames(source: Source): Set<string> {
  const names = new Set<string>()
  eachNode(source, (node) => {
    const isDeclaration = ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isFunctionDeclaration(node) || ts.isBindingElement(node) || ts.isImportSpecifier(node)
    if (isDeclaration && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text)
  })
  return names
}

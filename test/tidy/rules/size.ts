// Sizes: a file and a function that fit into a reader's head.
import ts from 'typescript-api'
import { eachNode, findingAt, isUnder, lineOf, type Finding, type Source } from '../source.ts'

export const FILE_LINES_MAX = 300
export const FUNCTION_LINES_MAX = 70

export function fileLines(source: Source): number {
  return source.text.split('\n').length - (source.text.endsWith('\n') ? 1 : 0)
}

export function fileSize(source: Source): Finding[] {
  const lines = fileLines(source)
  return lines > FILE_LINES_MAX ? [{ path: source.path, line: FILE_LINES_MAX, message: `${lines} lines; split it by concept, ${FILE_LINES_MAX} is the limit` }] : []
}

export function functionSize(source: Source): Finding[] {
  return functionsOf(source)
    .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
    .map(({ node, lines }) => findingAt(source, node, `a function of ${lines} lines; ${FUNCTION_LINES_MAX} is the limit`))
}

/** Every function with a body, except the callbacks that only group tests. */
export function functionsOf(source: Source): { readonly node: ts.Node; readonly lines: number }[] {
  const found: { node: ts.Node; lines: number }[] = []
  eachNode(source, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined || isTestGroup(source, node)) return
    found.push({ node, lines: lineOf(source, node.getEnd()) - lineOf(source, node.getStart(source.tree)) + 1 })
  })
  return found
}

function isTestGroup(source: Source, node: ts.Node): boolean {
  const { parent } = node
  return isUnder(source.path, 'test') && ts.isCallExpression(parent) && /^(describe|suite)$/.test(parent.expression.getText(source.tree))
}

/** Value at the given share (0..1) of the sorted values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

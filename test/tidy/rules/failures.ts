// Failures: values, or error classes with a name; a bare Error tells nobody what to do. Tests may throw one where they play foreign code.
import ts from 'typescript-api'
import { eachNode, findingAt, isUnder, type Finding, type Source } from '../source.ts'

export function noBareError(source: Source): Finding[] {
  if (isUnder(source.path, 'test')) return []
  const found: Finding[] = []
  eachNode(source, (node) => {
    const isMade = ts.isNewExpression(node) || ts.isCallExpression(node)
    if (isMade && node.expression.getText(source.tree) === 'Error') found.push(findingAt(source, node, 'a bare Error; return a failure or throw a named error class'))
  })
  return found
}

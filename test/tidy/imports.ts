// What a file imports: every static, dynamic, re-exporting and type-level import, with its target resolved to a path of the repository.
import { posix } from 'node:path'
import ts from 'typescript-api'
import { eachNode, type Source } from './source.ts'

export interface Import {
  readonly node: ts.Node
  readonly specifier: string
  readonly isTypeOnly: boolean
  readonly target:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'builtin'; readonly name: string }
    | { readonly kind: 'package'; readonly name: string }
}

/** The entries that `import 'statelog'` and its like mean. */
export const PUBLIC_ENTRIES: Readonly<Record<string, string>> = {
  statelog: 'adapters/node/statelog.ts',
  'statelog/client': 'adapters/client/client.ts',
  'statelog/client/nats': 'adapters/nats/transport.ts',
  'statelog/testing': 'adapters/testing/testing.ts',
}

const BUILTIN = /^(node|bun):/

export function importsOf(source: Source): Import[] {
  const found: Import[] = []
  eachNode(source, (node) => {
    const specifier = specifierOf(node)
    if (specifier !== undefined) found.push({ node, specifier, isTypeOnly: isTypeOnly(node), target: resolve(source.path, specifier) })
  })
  return found
}

function specifierOf(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) return textOf(node.moduleSpecifier)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal)
  if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require')) {
    const argument = node.arguments[0]
    return argument === undefined ? undefined : textOf(argument)
  }
  return undefined
}

function textOf(node: ts.Node): string | undefined {
  return ts.isStringLiteralLike(node) ? node.text : undefined
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true
  if (ts.isImportDeclaration(node)) return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
  return ts.isExportDeclaration(node) && node.isTypeOnly
}

function resolve(from: string, specifier: string): Import['target'] {
  if (specifier.startsWith('.')) return { kind: 'file', path: posix.join(posix.dirname(from), specifier) }
  if (BUILTIN.test(specifier)) return { kind: 'builtin', name: specifier }
  const entry = PUBLIC_ENTRIES[specifier]
  if (entry !== undefined) return { kind: 'file', path: entry }
  const parts = specifier.split('/')
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
  return NODE_MODULES_WITHOUT_PREFIX.has(name) ? { kind: 'builtin', name } : { kind: 'package', name }
}

const NODE_MODULES_WITHOUT_PREFIX = new Set(
  'assert async_hooks buffer child_process cluster crypto dgram dns events fs http http2 https module net os path perf_hooks process readline stream timers tls tty url util v8 vm worker_threads zlib'.split(' '),
)

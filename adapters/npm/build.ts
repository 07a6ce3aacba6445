// Build: `npm run build` makes the folder dist/, which is what `npm publish ./dist` and `npm pack ./dist` take.
//
// Owns: that folder, made anew each time.
//
// B1. It holds the product alone: no tests, nothing of this folder or of the clone's launcher.
// B2. Nothing in it needs a build, an install script or native code.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { OperationError } from '../../system/protocol/failures.ts'
import { packageManifest } from './manifest.ts'
import type { PackageManifest, SourceManifest } from './manifest.ts'
import { packagesIn, rewritten } from './rewrite.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PRODUCT = ['actors', 'system', 'adapters', 'scenarios']
const NOT_SHIPPED = ['adapters/npm', 'adapters/cli/launch']

/**
 * The one file of cbor-x that is used, copied: the package itself asks for an add-on in native code, with an install script, that reads
 * text in another way than what is tested here.
 */
const COPIED = { package: 'cbor-x', files: ['decode.js', 'LICENSE'], to: 'adapters/cbor/cbor-x', importer: 'adapters/cbor/foreign.js' }

/** What browsers are given: as it stands. */
const FOR_BROWSERS = { folder: 'adapters/ui/page', files: /\.(html|css|js|svg)$/ }

export interface Built {
  readonly folder: string
  readonly manifest: PackageManifest
  readonly files: number
}

/** Throws OperationError, with what the compiler says, when the sources do not compile. */
export function build(folder = join(ROOT, 'dist')): Built {
  rmSync(folder, { recursive: true, force: true })
  compile(folder)
  copyLibrary(folder)
  const imported = new Set(filesOf(folder).flatMap((path) => finishFile(folder, path)))
  copyPage(folder)
  const source = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as SourceManifest
  const manifest = packageManifest(source, imported)
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  for (const page of ['LICENSE', 'README.md', ...pages(folder)]) copyFileSync(join(ROOT, page), join(folder, page))
  for (const entry of entriesOf(manifest)) if (!existsSync(join(folder, entry))) throw new OperationError('package/entry', `package.json names ${entry}, which was not built`)
  for (const command of Object.values(manifest.bin)) chmodSync(join(folder, command), 0o755)
  return { folder, manifest, files: filesOf(folder).length }
}

function compile(folder: string): void {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '--project', join(import.meta.dirname, 'tsconfig.json'), '--outDir', folder, '--pretty', 'false'], { encoding: 'utf8' })
  if (status !== 0) throw new OperationError('package/compile', `the sources do not compile:\n${stdout}${stderr}`)
}

function copyLibrary(folder: string): void {
  const importer = join(folder, COPIED.importer)
  const before = readFileSync(importer, 'utf8')
  const after = before.replace(`from '${COPIED.package}'`, `from './${relative(dirname(COPIED.importer), join(COPIED.to, 'decode.js'))}'`)
  if (after === before) throw new OperationError('package/library', `${COPIED.importer} no longer imports '${COPIED.package}'`)
  writeFileSync(importer, after)
  mkdirSync(join(folder, COPIED.to), { recursive: true })
  for (const file of COPIED.files) copyFileSync(join(ROOT, 'node_modules', COPIED.package, file), join(folder, COPIED.to, file))
}

/** Behind the compiled files: nothing in it is rewritten. */
function copyPage(folder: string): void {
  const to = join(folder, FOR_BROWSERS.folder)
  mkdirSync(to, { recursive: true })
  for (const file of readdirSync(join(ROOT, FOR_BROWSERS.folder)).filter((name) => FOR_BROWSERS.files.test(name))) copyFileSync(join(ROOT, FOR_BROWSERS.folder, file), join(to, file))
}

/** Answers the packages that the file imports. */
function finishFile(folder: string, path: string): readonly string[] {
  if (!/\.(js|d\.ts)$/.test(path)) return []
  const file = join(folder, path)
  const text = rewritten(path, readFileSync(file, 'utf8'))
  writeFileSync(file, text)
  return packagesIn(text)
}

/** The pages of what is shipped. */
function pages(built: string): readonly string[] {
  return PRODUCT.flatMap((folder) => filesOf(join(ROOT, folder)).map((path) => join(folder, path)))
    .filter((path) => path.endsWith('.md') && !NOT_SHIPPED.some((folder) => path.startsWith(`${folder}/`)))
    .filter((path) => existsSync(dirname(join(built, path))))
}

function entriesOf({ exports, types, bin }: PackageManifest): readonly string[] {
  return [types, ...Object.values(bin), ...Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)))]
}

/** Paths below a folder, sorted. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort()
}

if (import.meta.main) {
  const { folder, manifest, files } = build()
  process.stdout.write(`${manifest.name} ${manifest.version}: ${files} files in ./${relative(process.cwd(), folder)}\nnext: npm pack ./dist, or npm publish ./dist\n`)
}

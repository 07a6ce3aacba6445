// The package as a stranger gets it: packed, installed in an empty folder, used by following the pages.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { decodeForeign } from '../../adapters/cbor/foreign.ts'
import { installedBun, thisMachine } from '../../adapters/cli/launch/runtime.js'
import { blocksOf } from '../support/package/document.ts'
import type { Block } from '../support/package/document.ts'
import { ROOT, Workshop } from '../support/package/packed.ts'
import { Session } from '../support/package/session.ts'

const workshop = new Workshop()
after(() => workshop.close())

async function follow(page: string, blocks: readonly Block[], folder: string, env: Record<string, string>): Promise<void> {
  const session = new Session(page, folder, env)
  try {
    await session.follow(blocks)
  } finally {
    await session.close()
  }
}

const stop: Block = { kind: 'session', steps: [{ at: 0, command: '^C', shown: ['stopping in order (again to hurry) ...', '...'] }] }

test('the package holds the product, its pages and its licence; no tests, no TypeScript, nothing native', () => {
  const unwanted = workshop.files.filter((path) => /(^|\/)(test|node_modules)\/|\.test\.|adapters\/npm\/|\.node$|(?<!\.d)\.ts$/.test(path))
  assert.deepEqual(unwanted, [])
  for (const path of ['LICENSE', 'README.md', 'actors/TUTORIAL.md', 'actors/fraud/fraud-model.json', 'adapters/cbor/cbor-x/LICENSE', 'adapters/cli/bin.js', 'adapters/node/statelog.d.ts', 'adapters/ui/page/index.html', 'adapters/ui/page/app.js', 'adapters/ui/page/base.css']) assert.ok(workshop.files.includes(path), path)
})

test('every link of the first two pages leads to a file of the package', () => {
  for (const page of ['README.md', 'actors/TUTORIAL.md']) {
    const links = [...workshop.page(page).matchAll(/\]\((?!https:)([^)#]+)\)/g)].map(([, link = '']) => posix.join(posix.dirname(page), link))
    assert.ok(links.length > 0)
    assert.deepEqual(links.filter((link) => !workshop.files.includes(link)), [], page)
  }
})

test('the README is right: installed in an empty folder, its example runs on Node and on Bun, and type-checks', async () => {
  const folder = workshop.project('readme')
  const blocks = blocksOf(workshop.page('README.md'))
  await follow('README.md', [...blocks, stop], folder, workshop.env())

  const packages = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))
  assert.deepEqual(packages, ['statelog', 'xstate', 'zod'], 'nothing else is installed')
  assert.equal(workshop.run('npm', ['query', ':attr(scripts, [install]), :attr(scripts, [postinstall]), :attr(scripts, [preinstall])'], folder).stdout.trim(), '[]', 'nothing runs a script')

  typeCheck(folder)
  const fraud = workshop.run('npx', ['statelog', 'run', 'fraud', '--events', '500', '--quiet'], folder)
  assert.deepEqual([fraud.status, /npx statelog get card/.test(fraud.stdout)], [0, true], fraud.stdout + fraud.stderr)

  const bun = installedBun(thisMachine(ROOT))
  assert.ok(bun !== undefined, 'Bun is a package of the clone')
  rmSync(join(folder, 'data'), { recursive: true })
  await follow('README.md, on Bun', [...blocks.map(asOnBun), stop], folder, workshop.env(bun))
})

function asOnBun(block: Block): Block {
  if (block.kind === 'file') return block
  const steps = block.steps.filter(({ command }) => !command.startsWith('npm ')).map((step) => ({ ...step, command: step.command.replace(/^npx /, 'bunx --bun ') }))
  return { kind: 'session', steps }
}

/** Against the shipped types alone, libraries included; what is wrong must be found. */
function typeCheck(folder: string): void {
  writeFileSync(join(folder, 'wrong.ts'), `import { defineSystem, infer } from 'statelog'\n// @ts-expect-error\ndefineSystem({ name: 'a', actors: [1] })\n// @ts-expect-error\ninfer(1, [])\n`)
  writeFileSync(join(folder, 'ask.ts'), `import type house from './door.system.ts'\nimport { client } from 'statelog/client'\nconst door = client<typeof house>({ url: 'http://127.0.0.1:8080' }).door('front')\nawait door.send({ type: 'open' })
const opened: number | undefined = (await door.get())?.context?.opened\nawait door.wait('closed')\n// @ts-expect-error\nawait door.send({ type: 'kick' })\n// @ts-expect-error\nawait door.wait('ajar')\nvoid opened\n`)
  const options = ['--allowImportingTsExtensions', '--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--types', '', '--pretty', 'false', 'door.system.ts', 'wrong.ts', 'ask.ts']
  const { status, stdout } = workshop.run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options], folder)
  assert.equal(status, 0, stdout)
}

test('what a browser loads of the client is its own files and nothing else', () => {
  const loaded = new Set<string>()
  const load = (path: string): void => {
    if (loaded.has(path)) return
    loaded.add(path)
    for (const [, specifier = ''] of readFileSync(join(workshop.folder, 'dist', path), 'utf8').matchAll(/(?:from|import)\s*\(?'([^']+)'/g)) {
      assert.match(specifier, /^\.{1,2}\//, `${path} imports ${specifier}`)
      load(posix.join(posix.dirname(path), specifier))
    }
  }
  load('adapters/client/client.js')
  assert.deepEqual([...loaded].filter((path) => !path.startsWith('adapters/client/')), ['system/gateway/transport.js'])
})

test('the tutorial is right: every command of it answers as shown', async () => {
  const page = workshop.page('actors/TUTORIAL.md')
  await follow('actors/TUTORIAL.md', blocksOf(page), workshop.project('tutorial'), workshop.env())
})

test('a runtime that is too old is told what to do', () => {
  const folder = workshop.project('old')
  assert.equal(workshop.run('tar', ['-xzf', workshop.tarball], folder).status, 0)
  const old = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.11.0'}})`
  const { status, stderr } = workshop.run('node', ['--import', old, 'package/adapters/cli/bin.js', '--version'], folder)
  assert.equal(status, 1)
  assert.match(stderr, /^statelog: Node 20\.11\.0 is too old\n {2}what to do: install Node >= 22\.22 \(not 23, not 24\.0 to 24\.5\), or put Bun beside it: npm install @oven\/bun-/)
})

test('the copied decoder reads foreign CBOR as the tested one does', async () => {
  const built = await import(pathToFileURL(join(workshop.folder, 'dist/adapters/cbor/foreign.js')).href) as { decodeForeign: typeof decodeForeign }
  // 1.5 as half float, an indefinite text, a date, a bignum, a set, undefined, a long text, a list that never ends.
  const samples = ['f93e00', '7f657374726561646d696e67ff', 'c11a514b67b0', 'c249010000000000000000', 'd9010283010203', 'f7', `7818${'61'.repeat(24)}`, '9f01', 'a1616101']
  for (const hex of samples) {
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
    assert.deepEqual(built.decodeForeign(bytes), decodeForeign(bytes), hex)
  }
})

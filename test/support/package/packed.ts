// Packed: the package as `npm pack` makes it, and folders in which somebody uses it.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { build } from '../../../adapters/npm/build.ts'
import { WAY_OUT } from '../../runner/process.ts'

export const ROOT = join(import.meta.dirname, '../../..')

/** A registry that cannot be reached is an error soon, not after a minute for each package. */
const NPM = {
  npm_config_prefer_offline: 'true', npm_config_update_notifier: 'false', npm_config_fund: 'false', npm_config_audit: 'false',
  npm_config_fetch_retry_mintimeout: '500', npm_config_fetch_retry_maxtimeout: '2000',
}

export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'statelog-package-'))
  readonly tarball: string
  /** Paths in the tarball. */
  readonly files: readonly string[]

  constructor() {
    const { folder } = build(join(this.folder, 'dist'))
    const packed = this.run('npm', ['pack', folder, '--pack-destination', this.folder, '--json'])
    const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }]
    this.tarball = join(this.folder, filename)
    this.files = files.map(({ path }) => path)
  }

  /** An empty folder but for the tarball. */
  project(name: string): string {
    const folder = join(this.folder, name)
    mkdirSync(folder)
    copyFileSync(this.tarball, join(folder, basename(this.tarball)))
    return folder
  }

  /** Runs a command to its end. */
  run(command: string, args: readonly string[], folder = this.folder, env = this.env()): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
    return spawnSync(command, args, { cwd: folder, env, encoding: 'utf8' })
  }

  /** A user's environment in which `node` is this runtime, and `bun` and `bunx` are `bun`, where one is given. */
  env(bun?: string): Record<string, string> {
    const bin = join(this.folder, bun === undefined ? 'bin' : 'bin-bun')
    if (mkdirSync(bin, { recursive: true }) !== undefined) {
      symlinkSync(process.execPath, join(bin, 'node'))
      if (bun !== undefined) for (const name of ['bun', 'bunx']) symlinkSync(bun, join(bin, name))
    }
    const kept = ['HOME', 'USER', 'LANG', 'TMPDIR', ...WAY_OUT].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]))
    return { ...Object.fromEntries(kept), PATH: `${bin}:${process.env['PATH'] ?? ''}`, ...NPM }
  }

  page(path: string): string {
    return readFileSync(join(ROOT, path), 'utf8')
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

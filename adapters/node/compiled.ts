// Compiled: what Node makes of source is kept between processes, so that one which is started again is at work some tenths of a second sooner.
import module from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** What a process is started with. A folder that cannot be written costs nothing but the time; NODE_DISABLE_COMPILE_CACHE=1 turns it off. */
export function compiledEnv({ NODE_COMPILE_CACHE, XDG_CACHE_HOME = '' }: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  if (NODE_COMPILE_CACHE !== undefined) return { NODE_COMPILE_CACHE }
  const folder = isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(home(), '.cache')
  return isAbsolute(folder) ? { NODE_COMPILE_CACHE: join(folder, 'statelog', 'compiled') } : {}
}

/** '' for a user without one. */
function home(): string {
  try {
    return homedir()
  } catch {
    return ''
  }
}

/** Node keeps it when a process ends in order; one that is killed must have done it before. Once everything is loaded. */
export function keepCompiled(): void {
  // Bun has no such cache.
  if (typeof module.flushCompileCache === 'function') module.flushCompileCache()
}

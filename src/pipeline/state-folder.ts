import { join } from 'node:path'

/** Where Vigiles itself keeps what it knows: recordings, policies, keys. */
export function stateFolder(env: NodeJS.ProcessEnv, home: string): string {
  return join(env.XDG_STATE_HOME ?? join(home, '.local', 'state'), 'vigiles')
}

/** Where it puts what can be made again. */
export function cacheFolder(env: NodeJS.ProcessEnv, home: string): string {
  return join(env.XDG_CACHE_HOME ?? join(home, '.cache'), 'vigiles')
}

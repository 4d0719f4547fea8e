import { readFileSync } from 'node:fs'

/** The package's version; the file stands two folders above, in source and when built. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version

import { homedir } from 'node:os'
import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { visible } from '../base/terminal.ts'
import { cacheFolder, stateFolder } from '../pipeline/state-folder.ts'
import { checkPath } from '../server/find-sources.ts'
import { serve } from '../server/serve.ts'

const help = `vigiles serve [PATH...]

Opens the watch room, a page on this machine: live runs, recordings and investigations.

PATH is a folder that \`vigiles run\` or \`vigiles investigate\` wrote, or one that holds such folders.
Live runs and recordings in the state folder are always shown.

  --host ADDRESS        where to listen (127.0.0.1)
  --port N              (4180); 0 for any that is free
  --read-only           nobody may act, only look
  --tls-cert FILE       a certificate and its key as PEM; another address than loopback
  --tls-key FILE        wants them
  --insecure            another address than loopback without TLS
  --allow-host NAME     a further name by which it may be asked; repeatable

The first line printed is the URL to open, its token included. The second is one for people who may only look.
`

/** `vigiles serve`: resolves to the exit code once it is stopped. */
export async function serveCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '4180' },
      'read-only': { type: 'boolean', default: false },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      insecure: { type: 'boolean', default: false },
      'allow-host': { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  for (const path of positionals) checkPath(path)
  const tls = tlsFiles(values['tls-cert'], values['tls-key'])
  // One request that fails where nobody looks is no reason to leave everyone without a watch.
  process.on('unhandledRejection', report)
  const serving = await serve({
    paths: positionals,
    host: values.host,
    port: portOf(values.port),
    ...(tls && { tls }),
    insecure: values.insecure,
    allowHosts: values['allow-host'],
    readOnly: values['read-only'],
    stateFolder: stateFolder(process.env, homedir()),
    cacheFolder: cacheFolder(process.env, homedir()),
    report,
  })
  process.stdout.write(
    `${serving.url}\n${values['read-only'] ? '' : `${serving.readerUrl}  (only to look)\n`}`,
  )
  await stopped()
  await serving.close()
  return exitCodes.ok
}

/** What went wrong may hold texts from logs. */
function report(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`vigiles: ${visible(text.slice(0, 8_192), true)}\n`)
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
}

function portOf(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new OperatorError('usage', {
    what: `--port ${text} is no port.`,
    fix: 'Give a number from 0 to 65535.',
  })
}

function tlsFiles(certFile: string | undefined, keyFile: string | undefined) {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) {
    throw new OperatorError('usage', {
      what: 'TLS wants a certificate and its key.',
      fix: 'Give both --tls-cert FILE and --tls-key FILE.',
    })
  }
  return { certFile, keyFile }
}

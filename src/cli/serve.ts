import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { visible } from '../base/terminal.ts'
import { parseZoneRule } from '../pipeline/clock-domains.ts'
import { cacheFolder, stateFolder } from '../pipeline/state-folder.ts'
import { checkPath } from '../server/find-sources.ts'
import { serve } from '../server/serve.ts'

const help = `vigiles serve [PATH...] [--follow PATH...]

Opens the watch room, a page on this machine: live runs, recordings and investigations.

PATH is a folder that \`vigiles run\` or \`vigiles investigate\` wrote, or one that holds such folders.
Live runs and recordings in the state folder are always shown.

  --follow PATH...      follow these logs and traces as they grow: every alarm is answered as it comes, and
                        again when more is known. All PATHs behind it are followed.
  --syslog ADDRESS      receive alarms by syslog (RFC 5424 and 3164, UDP and TCP), e.g. 127.0.0.1:5514
  --otlp ADDRESS        receive agents' spans by OTLP/HTTP, e.g. 127.0.0.1:4318
  --topology FILE       of what is followed: which sandbox was behind which address
  --tz GLOB=ZONE        of what is followed: the zone of naive times; repeatable
  --page FILE           whom to call for which findings (YAML), of live runs and of what is followed

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
  const { values, tokens } = parseArgs({
    args,
    tokens: true,
    allowPositionals: true,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '4180' },
      'read-only': { type: 'boolean', default: false },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      insecure: { type: 'boolean', default: false },
      'allow-host': { type: 'string', multiple: true, default: [] },
      follow: { type: 'boolean', default: false },
      syslog: { type: 'string' },
      otlp: { type: 'string' },
      topology: { type: 'string' },
      tz: { type: 'string', multiple: true, default: [] },
      page: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  const began = tokens.find((token) => token.kind === 'option' && token.name === 'follow')?.index ?? Infinity
  const given = tokens.filter((token) => token.kind === 'positional')
  const shown = given.filter(({ index }) => index < began).map(({ value }) => value)
  const followed = given.filter(({ index }) => index > began).map(({ value }) => value)
  for (const path of shown) checkPath(path)
  const isFollowing = values.follow || values.syslog !== undefined || values.otlp !== undefined
  if (!isFollowing && (values.topology !== undefined || values.tz.length > 0)) {
    throw new OperatorError('usage', {
      what: '--topology and --tz belong to what is followed, and nothing is.',
      fix: 'Name logs and traces behind --follow. A case has been given them by `vigiles investigate`.',
    })
  }
  const tls = tlsFiles(values['tls-cert'], values['tls-key'])
  // One request that fails where nobody looks is no reason to leave everyone without a watch.
  process.on('unhandledRejection', report)
  const serving = await serve({
    paths: shown,
    host: values.host,
    port: portOf(values.port),
    ...(tls && { tls }),
    insecure: values.insecure,
    allowHosts: values['allow-host'],
    readOnly: values['read-only'],
    ...(isFollowing && {
      follow: {
        paths: followed,
        ...(values.syslog !== undefined && { syslog: values.syslog }),
        ...(values.otlp !== undefined && { otlp: values.otlp }),
        ...(values.topology !== undefined && { topology: values.topology }),
        zones: values.tz.map(parseZoneRule),
      },
    }),
    ...(values.page !== undefined && { page: await pageRules(values.page) }),
    stateFolder: stateFolder(process.env, homedir()),
    cacheFolder: cacheFolder(process.env, homedir()),
    report,
  })
  process.stdout.write(
    `${serving.url}\n${values['read-only'] ? '' : `${serving.readerUrl}  (only to look)\n`}`,
  )
  for (const place of serving.listening) process.stdout.write(`listening for ${place}\n`)
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

async function pageRules(path: string) {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new OperatorError('usage', {
      what: `${path}: the file that says whom to call can't be read.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'See docs/follow.md for one.',
      cause,
    })
  }
  const { parsePaging } = await import('../pipeline/follow/paging-config.ts')
  return parsePaging(text, path)
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

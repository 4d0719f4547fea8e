// Takes a syslog message apart, RFC 5424 or RFC 3164, and finds in it the line that its program wrote.

import type { Importer } from '../../importers/api.ts'
import { recognise } from '../../importers/enveloped.ts'
import { headOf } from '../../importers/read.ts'
import { importers } from '../../importers/registry.generated.ts'

export interface SyslogMessage {
  /** Who sent it by its own word; '' when it does not say. */
  readonly host: string
  readonly app: string
  /** What the program wrote. */
  readonly payload: string
  /** The same behind stamp and host, for what has no time of its own; without the priority. */
  readonly stamped: string
}

/** `receivedAt`, ISO 8601, stands for the time of a message that has none. Never throws. */
export function readSyslog(text: string, receivedAt: string, sender: string): SyslogMessage {
  const line = text
    .replace(/^\ufeff/, '')
    .replace(/[\0\r\n]+$/, '')
    .replace(/[\0\r\n]+/g, ' ')
  const rest = line.replace(/^<\d{1,3}>/, '')
  const rfc5424 = /^1 (\S{1,40}) (\S{1,255}) (\S{1,64}) (\S{1,128}) \S{1,64} /.exec(rest)
  if (rfc5424) {
    const [whole, stamp, host, app, pid] = rfc5424
    const payload = afterStructuredData(rest.slice(whole.length)).replace(/^\ufeff/, '')
    const name = host === '-' ? sender : host!
    const tag = app === '-' ? '' : `${app}${pid === '-' ? '' : `[${pid}]`}: `
    return {
      host: name,
      app: app === '-' ? '' : app!,
      payload: bare(payload),
      stamped: `${stamp === '-' ? receivedAt : stamp} ${name} ${tag}${payload}`,
    }
  }
  const stamp =
    /^(?:[A-Z][a-z]{2} [ \d]\d(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\dT\S{8,30}) /.exec(rest)
  const after = stamp ? rest.slice(stamp[0].length) : rest
  // A host, then a tag; devices leave out either.
  const hosted = stamp ? /^([\w.:-]{1,255}) (?=\S)/.exec(after) : null
  const host = hosted && !hosted[1]!.endsWith(':') ? hosted[1]! : undefined
  const message = host === undefined ? after : after.slice(hosted![0].length)
  const tag = /^([\w./-]{1,64})(?:\[[\w.-]{1,32}\])?: ?/.exec(message)
  return {
    host: host ?? sender,
    app: tag?.[1] ?? '',
    payload: bare(tag ? message.slice(tag[0].length) : message),
    stamped: stamp ? rest : `${receivedAt} ${sender} ${rest}`,
  }
}

function afterStructuredData(text: string): string {
  if (text.startsWith('-')) return text.slice(2)
  let at = 0
  while (text[at] === '[') {
    let quoted = false
    for (at++; at < text.length && (quoted || text[at] !== ']'); at++) {
      if (text[at] === '\\' && quoted) at++
      else if (text[at] === '"') quoted = !quoted
    }
    at++
  }
  return text.slice(at).replace(/^ /, '')
}

function bare(payload: string): string {
  return payload.replace(/^@cee: ?/, '').trim()
}

export interface Sorted {
  /** The importer it is for; undefined when none knows the line. */
  readonly importer: string | undefined
  readonly line: string
}

/** Senders whose last format is remembered. */
const sendersMax = 4_096

/** Says of each message which importer's line it holds. */
export class SyslogSorter {
  readonly #last = new Map<string, { importer: Importer; stamped: boolean }>()

  sort(message: SyslogMessage): Sorted {
    const key = `${message.host} ${message.app}`
    const last = this.#last.get(key)
    if (last) {
      const line = last.stamped ? message.stamped : message.payload
      if (knows(last.importer, line)) return { importer: last.importer.id, line }
    }
    for (const stamped of [false, true]) {
      const line = stamped ? message.stamped : message.payload
      const importer = networkImporter(line)
      if (!importer) continue
      // A line without a time of its own is kept behind the stamp it came with.
      const needsStamp = !stamped && !tellsItsTime(importer, line)
      if (this.#last.size >= sendersMax) this.#last.clear()
      this.#last.set(key, { importer, stamped: stamped || needsStamp })
      return { importer: importer.id, line: needsStamp ? message.stamped : line }
    }
    return { importer: undefined, line: message.stamped }
  }
}

function networkImporter(line: string): Importer | undefined {
  const found = recognise(headOf('', new TextEncoder().encode(`${line}\n`)), importers)
  return found && found.envelopes.length === 0 && found.importer.shape === 'lines'
    ? found.importer
    : undefined
}

function knows(importer: Importer, line: string): boolean {
  return importer.recognises({ path: '', bytes: new Uint8Array(), text: `${line}\n`, lines: [line] })
}

/** Whether the line by itself gives an event or call whose time means something elsewhere. */
function tellsItsTime(importer: Importer, line: string): boolean {
  if (importer.shape !== 'lines') return false
  let tells = false
  let gave = false
  let refused = false
  const nothing = () => {}
  const reader = importer.start(
    {
      event: ({ time }) => {
        gave = true
        tells = time.zone !== 'uptime'
      },
      toolCall: () => {
        gave = true
        tells = true
      },
      reject: () => {
        refused = true
      },
      outcome: nothing,
      episode: nothing,
      box: nothing,
      skip: nothing,
    },
    { path: '' },
  )
  reader.line(line, 1)
  reader.end(false)
  // What is passed over here would be passed over there too.
  return gave ? tells : !refused
}

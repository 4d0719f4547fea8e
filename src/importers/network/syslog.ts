// What stands before a message: who stamped it, when, and on which machine.

import { parseEpochSeconds, parseIso, parseSyslog, type Time, utcUs } from '../../base/time.ts'

export interface Stamped {
  readonly time: Time | undefined
  readonly host?: string
  /** Seconds since boot, where the kernel's own stamp is still there. */
  readonly uptime?: string
  readonly message: string
}

/**
 * Takes the stamp off a line, in any of the forms that these write:
 *
 * - syslog, RFC 3164: `<4>Jan  8 03:37:09 host kernel: [16571.459614] …`, with a year or a fraction too
 * - syslog, RFC 5424: `<4>1 2026-11-24T08:00:00.123456Z host kernel - - - …`
 * - rsyslog and `journalctl -o short-iso(-precise)`: `2026-11-24T08:00:00.123456+00:00 host kernel: …`
 * - `journalctl -o short-full`: `Tue 2026-11-24 08:00:00 UTC host kernel: …`; `short-unix`: `1795507200.123456 host …`
 * - `dmesg`: `[16571.459614] …`; `dmesg -T`: `[Tue Nov 24 08:00:00 2026] …`; `--time-format iso`
 */
export function takeStamp(text: string): Stamped {
  const line = text.replace(/^\ufeff?<\d{1,3}>/, '')
  const bsd = /^([A-Z][a-z]{2} [ \d]\d(?: (\d{4}))? \d\d:\d\d:\d\d(?:\.\d{1,9})?) /.exec(line)
  if (bsd) return hostAndTag(bsdTime(bsd[1]!, bsd[2]), line.slice(bsd[0].length), true)
  const rfc5424 =
    /^1 (\S{19,40}) (\S{1,255}) \S{1,64} \S{1,128} \S{1,32} (?:-|(?:\[[^\]]{0,1000}\])+) ?/.exec(line)
  if (rfc5424) return rest(parseIso(rfc5424[1]!), rfc5424[2], line.slice(rfc5424[0].length))
  const iso = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) /.exec(line)
  if (iso) return hostAndTag(parseIso(iso[1]!), line.slice(iso[0].length))
  const full =
    /^[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?)( UTC)? (?:(?!UTC)[A-Z]{2,5} )?/.exec(line)
  if (full) return hostAndTag(parseIso(`${full[1]}${full[2] ?? ''}`), line.slice(full[0].length))
  const unix = /^(\d{9,11}\.\d{1,9}) /.exec(line)
  if (unix) return hostAndTag(parseEpochSeconds(unix[1]!), line.slice(unix[0].length))
  const ctime = /^\[[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (\d{4})\] ?/.exec(line)
  if (ctime) return rest(bsdTime(`${ctime[1]} ${ctime[2]}`, ctime[2]), undefined, line.slice(ctime[0].length))
  const uptime = /^\[ {0,11}(\d{1,11}\.\d{1,9})\] ?/.exec(line)
  if (uptime) return hostAndTag(uptimeTime(uptime[1]!), line.slice(uptime[0].length))
  return { time: undefined, message: line }
}

function bsdTime(stamp: string, year: string | undefined): Time | undefined {
  if (year === undefined) return parseSyslog(stamp)
  const time = parseSyslog(stamp.replace(` ${year}`, ''))
  if (!time) return undefined
  // Without a year `us` lies in 2000; a leap year's shape fits every date of every year but a false 29 February.
  const date = new Date(time.us / 1000)
  const us = utcUs(Number(year), date.getUTCMonth() + 1, date.getUTCDate()) + (time.us % 86_400_000_000)
  return { ...time, us, zone: 'naive', source: stamp }
}

function uptimeTime(seconds: string): Time | undefined {
  const time = parseEpochSeconds(seconds)
  return time && { ...time, zone: 'uptime' }
}

/**
 * `host kernel: …`, also with the facility between them, or the message at once. RFC 3164 demands a host, so
 * there (`hosted`) one is taken even without a tag; what ends with a colon or is bracketed is the message's own,
 * and so is any tag but the kernel's or one with a process id: `DROP_INPUT:` is a rule's prefix.
 */
function hostAndTag(time: Time | undefined, line: string, hosted = false): Stamped {
  const match =
    /^(\S{0,254}[^\s:\]]) (?:[a-z]{2,8}\.[a-z]{2,8} )?(?:kernel|[\w.-]{1,64}\[\d{1,10}\]): ?/.exec(line) ??
    (hosted ? /^(\S{0,254}[^\s:\]]) /.exec(line) : null)
  return match ? rest(time, match[1], line.slice(match[0].length)) : rest(time, undefined, line)
}

function rest(time: Time | undefined, host: string | undefined, line: string): Stamped {
  const match = /^\[ {0,11}(\d{1,11}\.\d{1,9})\] ?/.exec(line)
  return {
    time,
    ...(host !== undefined && { host }),
    ...(match && { uptime: match[1]! }),
    message: match ? line.slice(match[0].length) : line,
  }
}

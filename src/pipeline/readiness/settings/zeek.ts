// Zeek's local.zeek and zeekctl.cfg: which logs are switched off, and how long they stay.
//
//   Log::disable_stream(DNS::LOG);
//   LogExpireInterval = 7 day

import { defineSettings, hasLine } from '../settings-api.ts'

const streams: Readonly<Record<string, 'flow' | 'dns' | 'tls'>> = { Conn: 'flow', DNS: 'dns', SSL: 'tls' }
const unitDays: Readonly<Record<string, number>> = { day: 1, hr: 1 / 24, min: 1 / 1440 }

export const zeekSettings = defineSettings({
  product: 'Zeek',
  recognises: (config) =>
    config.path.endsWith('.zeek') ||
    hasLine(config, /^(?:LogExpireInterval|LogRotationInterval|ZeekArgs|MailConnectionSummary)\s*=/),
  read({ lines, path }, say) {
    const off = new Set<string>()
    lines.forEach((line, k) => {
      const bare = line.replace(/#.*/, '')
      const stream = /Log::disable_stream\s*\(\s*(\w+)::LOG\s*\)/.exec(bare)?.[1]
      const output = stream !== undefined && Object.hasOwn(streams, stream) ? streams[stream] : undefined
      if (output !== undefined) {
        off.add(output)
        say(k + 1, bare.trim(), { about: 'output', output, on: false })
      }
      const expires = /^LogExpireInterval\s*=\s*(\d+)\s*(day|hr|min)?/.exec(bare)
      if (expires) {
        const days = Number(expires[1]) * (unitDays[expires[2] ?? 'day'] ?? 1)
        say(k + 1, bare.trim(), {
          about: 'kept',
          side: 'log',
          what: 'Zeek logs',
          days: days === 0 ? null : days,
        })
      }
    })
    // Zeek writes these unless it is told not to.
    if (!/\.zeek$/.test(path)) return
    for (const output of ['flow', 'dns', 'tls'] as const) {
      if (!off.has(output)) say(0, `${output} log is on`, { about: 'output', output, on: true })
    }
  },
})

// ulogd.conf: packets or connections, and how they are stamped.
//
//   stack=ct1:NFCT,ip2str1:IP2STR,json1:JSON        every connection with both sides of a translation
//   stack=log1:NFLOG,base1:BASE,…,emu1:LOGEMU       one line a packet, local time in whole seconds

import { defineSettings, hasLine } from '../settings-api.ts'

export const ulogdSettings = defineSettings({
  product: 'ulogd',
  recognises: (config) => hasLine(config, /^#?\s*stack\s*=.*(?:NFLOG|NFCT)/),
  read({ lines }, say) {
    let tracked = false
    let last = 0
    lines.forEach((line, k) => {
      const stack = /^stack\s*=\s*(.+)$/.exec(line)?.[1]
      if (stack === undefined) return
      last = k + 1
      if (/:NFCT\b/.test(stack)) {
        tracked = true
        say(k + 1, line.trim(), { about: 'output', output: 'nat', on: true })
      }
      const old = /:(?:LOGEMU|SYSLOG|GPRINT)\b/.test(stack)
      say(k + 1, line.trim(), { about: 'stamps', seconds: old, naive: old })
    })
    if (!tracked) say(last, 'no stack reads NFCT', { about: 'output', output: 'nat', on: false })
  },
})

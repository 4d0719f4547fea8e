// Rules of a Linux firewall (nft list ruleset, iptables-save) and sysctl files: what is logged, and when connections began.
//
//   ct state new log prefix "egress " group 2              every connection that begins
//   -A FORWARD -j LOG --log-prefix "DROP "                 those that are dropped
//   net.netfilter.nf_conntrack_timestamp = 1

import { defineSettings, hasLine } from '../settings-api.ts'

const nftRule = /^(?!#)(?=.*\blog\b)(?=.*\b(?:prefix|group|level|ct|tcp|udp|ip|iif|oif|drop|reject|accept)\b)/
const tablesRule = /^-A\s.*-j\s+(?:LOG|NFLOG)\b/
const denial = /\b(?:drop|reject|den(?:y|ied)|block(?:ed)?)/i
const timeSwitch = /^net[./]netfilter[./]nf_conntrack_timestamp\s*=\s*(\d)/

export const packetRuleSettings = defineSettings({
  product: 'Linux firewall',
  recognises: (config) =>
    config.documents.length === 0 &&
    hasLine(
      config,
      /^table\s+(?:ip|ip6|inet|bridge)\s+\S+\s*\{|^\*(?:filter|nat|mangle)$|^net[./]netfilter[./]/,
    ),
  read(config, say) {
    const { lines } = config
    let denials = 0
    let others = 0
    lines.forEach((line, k) => {
      const times = timeSwitch.exec(line)
      if (times) say(k + 1, line.trim(), { about: 'nat-times', on: times[1] === '1' })
      if (!nftRule.test(line) && !tablesRule.test(line)) return
      if (denial.test(line)) denials = denials === 0 ? k + 1 : denials
      else if (others === 0) others = k + 1
    })
    if (others > 0) say(others, lines[others - 1]!.trim(), { about: 'allowed', on: true })
    else if (denials > 0) say(denials, lines[denials - 1]!.trim(), { about: 'allowed', on: false })
    else if (hasLine(config, /^table\s|^\*filter$/))
      say(0, 'no rule logs', { about: 'output', output: 'alert', on: false })
  },
})

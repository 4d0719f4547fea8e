import { defineCheck } from '../api.ts'
import { counted, names } from '../words.ts'

export const logs = defineCheck({
  id: 'log.present',
  question: 'Is there a log of what leaves?',
  judged: 'Good when any network, DNS or alert event was read; missing otherwise.',
  look({ logs, inputs }) {
    if (logs) {
      const found = `${counted(logs.events, 'event')} from ${names(logs.sources.map(({ path }) => path))}.`
      return { verdict: 'good', found }
    }
    return {
      verdict: 'missing',
      found:
        inputs.length === 0
          ? 'No log was given.'
          : 'No network, DNS or alert event was read from what was given.',
      cost: 'Nothing that leaves is seen by anybody but the agent itself.',
      todo: [
        {
          do: 'Give the log of the firewall, flow logs, an IDS log or a packet capture; where there is none, begin with one.',
          config: "tcpdump -i any -w egress.pcap 'tcp[tcpflags] & tcp-syn != 0 or port 53'",
        },
      ],
    }
  },
})

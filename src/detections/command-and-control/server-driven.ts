import { defineDetection } from '../api.ts'
import { destinationOf, destinationText, isOutside, seconds, whom } from '../words.ts'

export const serverDriven = defineDetection({
  id: 'tunnel.server-driven',
  name: 'Outgoing connection driven from the far side',
  kind: 'tunnel',
  severity: 'medium',
  confidence: 0.5,
  attack: ['T1572', 'T1059.004'], // Protocol Tunneling, Unix Shell
  listensTo: ['network_activity', 'tls_activity', 'ssh_activity', 'http_activity'],
  falsePositives: [
    'Push protocols: chat, MQTT, industrial polling',
    'Job queues that hold a connection open',
  ],
  blindSpots: [
    'A far side that is fully scripted',
    'Flow logs without packet times',
    'Fewer than five idle breaks',
  ],
  response: ['Treat as support for other evidence', 'Find the process behind it'],
  options: {
    /** Bursts that the far side began after an idle break. */
    serverFirstMin: 5,
    answeredShareMin: 0.8,
    /** The far side begins this many times as often as we do. */
    ratioMin: 3,
    pushProtocols: ['mqtt', 'irc', 'websocket', 'xmpp', 'amqp', 'dnp3', 'modbus', 'dns', 'ntp'],
    pushPorts: [1883, 8883, 6667, 6697, 5222, 5672, 20000, 502],
  },

  start({ options }) {
    return (item) => {
      const { bursts, observed, dstEndpoint } = item.event
      if (!bursts || bursts.serverFirst < options.serverFirstMin) return
      if (bursts.serverFirstAnswered < options.answeredShareMin * bursts.serverFirst) return
      if (bursts.serverFirst < options.ratioMin * Math.max(1, bursts.clientFirst)) return
      if (observed?.protocol !== undefined && options.pushProtocols.includes(observed.protocol.toLowerCase()))
        return
      if (dstEndpoint.port !== undefined && options.pushPorts.includes(dstEndpoint.port)) return
      const ssh = /ssh/i.test(observed?.protocol ?? '') || item.event.class === 'ssh_activity'
      return {
        title: `${whom(item)} is driven from ${destinationText(item)} through its own outgoing connection`,
        why: `After idle breaks the far side began ${bursts.serverFirst} times and was answered ${bursts.serverFirstAnswered} times within half a second; this side began ${bursts.clientFirst} times in ${Math.round(seconds(item))} s.`,
        evidences: [item],
        destinations: [destinationOf(item)],
        severity: !isOutside(item) ? 'low' : ssh ? 'high' : 'medium',
        confidence: ssh ? 0.7 : 0.5,
      }
    }
  },
})

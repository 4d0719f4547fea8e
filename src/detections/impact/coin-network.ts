import { defineDetection } from '../api.ts'
import { destinationText, isOutside, whom } from '../words.ts'

export const coinNetwork = defineDetection({
  id: 'mining.coin-network',
  name: 'Peer of a cryptocurrency network',
  kind: 'mining',
  severity: 'low',
  confidence: 0.4,
  attack: ['T1496.001'], // Compute Hijacking
  listensTo: ['network_activity'],
  falsePositives: ['Tasks about blockchains', 'A node, which mines nothing by itself'],
  blindSpots: ['Encrypted peer protocols'],
  response: ['Ask whether a task needs a node', 'Look for a miner beside it'],
  options: {},

  start() {
    return (item) => {
      const protocol = item.event.observed?.protocol
      if (protocol === undefined || !isOutside(item)) return
      if (!/^(?:bitcoin|monero|ethereum|litecoin|zcash|dogecoin)(?:-p2p|-peer|_p2p)?$/i.test(protocol)) return
      const coin = protocol.replace(/[-_].*$/, '')
      return {
        title: `${whom(item)} is a peer of the ${coin} network (${destinationText(item)} and others)`,
        why: `The sensor recognised ${protocol}; miners that work alone need such a peer.`,
        evidences: [item],
        destinations: [],
        fact: coin,
      }
    }
  },
})

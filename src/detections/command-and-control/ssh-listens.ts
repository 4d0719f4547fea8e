import { defineDetection } from '../api.ts'
import { destinationOf, destinationText, isOutside, whom } from '../words.ts'

export const sshListens = defineDetection({
  id: 'tunnel.ssh-listens',
  name: 'SSH server asked to listen',
  kind: 'tunnel',
  severity: 'medium',
  confidence: 0.6,
  attack: ['T1572'], // Protocol Tunneling
  listensTo: ['ssh_activity'],
  falsePositives: [
    'A task that asks for remote forwarding',
    'autossh, which watches its own connection with a remote forward',
    'Another request of the same size on which nothing follows',
  ],
  blindSpots: [
    'Clients other than OpenSSH, and logins with a password',
    'A remote forward beside a shell, a command or another forward',
    'Remote forwards on *, or on an address of more than 15 characters',
    'A client that keeps its connection alive more often than every five seconds',
  ],
  response: [
    'Look for what the process that has the connection is: ssh by another name?',
    'Look on the server for what came in through it',
    'Block the destination if nobody meant this',
  ],
  options: {},

  start() {
    return (item) => {
      if (item.event.ssh?.asksToListen !== true) return
      return {
        title: `${whom(item)} asked the SSH server ${destinationText(item)} to listen for it`,
        why: 'After its login the client opened no session: it sent one request of the size of a remote forward, was answered, and waited. Sizes and order alone say so; all of it is encrypted.',
        evidences: [item],
        destinations: [destinationOf(item)],
        severity: isOutside(item) ? 'medium' : 'low',
      }
    }
  },
})

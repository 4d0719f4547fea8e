import { canonicalIp, isInternal } from '../../base/ip.ts'
import { parseSsh } from '../../commands/ssh.ts'
import { defineDetection, type Hit } from '../api.ts'
import { excerpt, place, whom } from '../words.ts'

export const sshForward = defineDetection({
  id: 'tunnel.ssh-forward',
  name: 'Traffic sent out through SSH',
  kind: 'tunnel',
  severity: 'low',
  confidence: 0.6,
  attack: ['T1572'], // Protocol Tunneling
  listensTo: ['execute_tool'],
  needs: /\b(?:autossh|sshuttle|ssh)\b/,
  falsePositives: ['ssh -L to a database is everyday work', 'A SOCKS proxy that the task provides'],
  blindSpots: ['Jump hosts that forward on their own', 'Libraries'],
  response: ['Ask whether the task needs the far side', 'Allow that host by policy, or block it'],
  options: {},

  start({ reading }) {
    return (item) => {
      const hits: Hit[] = []
      for (const invocation of reading(item).invocations) {
        if (invocation.program === 'sshuttle') {
          const at = invocation.argv.findIndex((word) => word === '-r' || word === '--remote')
          const remote = (at > 0 && invocation.argv[at + 1]) || 'a remote host'
          hits.push({
            title: `${whom(item)} routed its traffic through ${remote} with sshuttle`,
            why: `\`${excerpt(invocation.argv)}\` sends whole networks through an SSH connection.`,
            evidences: [item],
            destinations: [remote.slice(remote.lastIndexOf('@') + 1)],
            severity: 'medium',
          })
          continue
        }
        if (invocation.program !== 'ssh') continue
        const ssh = parseSsh(invocation.argv)
        const forward = ssh.forwards.find((f) => f.kind === 'D') ?? ssh.forwards.find((f) => f.kind === 'L')
        if (!forward || ssh.host === undefined) continue
        const host = canonicalIp(ssh.host) ?? ssh.host
        const socks = forward.kind === 'D'
        hits.push({
          title: `${whom(item)} opened ${socks ? 'a SOCKS proxy' : 'a local forward'} through ${place(host, ssh.port)}`,
          why: `\`${excerpt(invocation.argv)}\`: connections ${socks ? 'to anywhere' : `to ${forward.host ?? 'one place'}`} leave through one SSH connection, unseen by name.`,
          evidences: [item],
          destinations: [place(host, ssh.port ?? 22)],
          severity: socks && !isInternal(host) ? 'medium' : 'low',
        })
      }
      return hits
    }
  },
})

import { canonicalIp, isInternal } from '../../base/ip.ts'
import type { Invocation } from '../../commands/parse.ts'
import { parseSsh, type SshCommand } from '../../commands/ssh.ts'
import { defineDetection, type Hit, type SeenCall } from '../api.ts'
import { excerpt, place, whom } from '../words.ts'

/** Library calls that ask the far side to listen: paramiko, asyncssh, ssh2, Net::SSH. */
const library =
  /\b(?:request_port_forward|reverse_forward_tunnel|forward_remote_port|forward_remote_port_to_path|forwardIn|forward\.remote)\s{0,4}\(/
const configLine = /^[ \t]{0,16}(?:RemoteForward|Tunnel[ \t=]+(?:yes|point-to-point|ethernet))\b/im

export const reverseSsh = defineDetection({
  id: 'tunnel.reverse-ssh',
  name: 'Reverse SSH tunnel by command',
  kind: 'tunnel',
  severity: 'high',
  confidence: 0.95,
  attack: ['T1572'], // Protocol Tunneling
  listensTo: ['execute_tool'],
  needs: /\b(?:autossh|ssh|dbclient|plink)\b/,
  falsePositives: ['A task that asks for remote forwarding', 'Tests of an SSH client'],
  blindSpots: [
    'Libraries whose code no trace shows',
    'A forward set up by ssh escape characters in a session',
  ],
  response: [
    'Block the far address and end the ssh process',
    'Look for what came in through it: logins from 127.0.0.1',
    'Rotate keys and tokens that the sandbox could read',
  ],
  options: { raisersForCritical: 2 },

  start({ options, reading }) {
    return (item) => {
      const hits: Hit[] = []
      const { invocations, code, writes } = reading(item)
      for (const invocation of invocations) {
        if (!isSshClient(invocation.program)) continue
        const hit = fromCommand(item, invocation, options.raisersForCritical)
        if (hit) hits.push(hit)
      }
      if (hits.length === 0 && code.some((text) => library.test(text))) {
        hits.push({
          title: `${whom(item)} asked an SSH server to forward a port back, from program code`,
          why: 'The program calls the SSH library function that lets the far side connect in.',
          evidences: [item],
          fact: 'library',
          confidence: 0.8,
        })
      }
      const config = writes.find(
        (w) => /(?:^|[/_])(?:ssh_)?config/.test(w.path) && configLine.test(w.content),
      )
      if (config) {
        hits.push({
          title: `${whom(item)} wrote a remote forward into ${config.path}`,
          why: 'Every later ssh to that host opens a reverse tunnel without saying so on its command line.',
          evidences: [item],
          fact: `config ${config.path}`,
          severity: 'medium',
          confidence: 0.7,
        })
      }
      return hits
    }
  },
})

/** dropbear's and PuTTY's clients take `-R` as OpenSSH does. */
function isSshClient(program: string): boolean {
  return program === 'ssh' || program === 'dbclient' || program === 'plink'
}

function fromCommand(item: SeenCall, invocation: Invocation, raisersMin: number): Hit | undefined {
  const ssh = parseSsh(invocation.argv)
  const back = ssh.forwards.filter((forward) => forward.kind === 'R' || forward.kind === 'w')
  const [forward] = back
  if (!forward || (ssh.host === undefined && forward.spec === '')) return undefined
  // `ssh -Q`, `ssh -G` only print.
  if (invocation.argv.some((word) => word === '-G' || word === '-Q' || word === '-V')) return undefined
  const host = canonicalIp(ssh.host ?? '') ?? ssh.host ?? 'a host named elsewhere'
  const port = ssh.port ?? 22
  const raisers = raising(ssh, invocation, port)
  const inside = isInternal(host)
  const what =
    forward.kind === 'w'
      ? 'a network device through SSH'
      : forward.socks
        ? 'a reverse SOCKS proxy through SSH'
        : 'a reverse SSH tunnel'
  return {
    title: `${whom(item)} opened ${what} to ${place(host, port)}`,
    why: `\`${excerpt(invocation.argv)}\` lets ${host} connect back in${
      forward.kind === 'R' ? ` (-R ${forward.spec})` : ''
    }${raisers.length > 0 ? `; ${raisers.join(', ')}` : ''}.`,
    evidences: [item],
    destinations: [place(host, port)],
    severity: inside ? 'medium' : raisers.length >= raisersMin ? 'critical' : 'high',
  }
}

/** What makes it look meant to stay and not to be seen. */
function raising(ssh: SshCommand, invocation: Invocation, port: number): string[] {
  const raisers: string[] = []
  if (ssh.background || ssh.noCommand || invocation.background) raisers.push('in the background')
  if (/^(?:no|off|accept-new)$/i.test(ssh.options.stricthostkeychecking ?? ''))
    raisers.push('no host key check')
  if (canonicalIp(ssh.host ?? '') !== undefined) raisers.push('a bare address')
  if (port !== 22) raisers.push(`port ${port}`)
  if (invocation.wrappers.includes('autossh')) raisers.push('kept alive by autossh')
  if (invocation.decodedFrom !== undefined && invocation.decodedFrom !== 'code') {
    raisers.push(`hidden in ${invocation.decodedFrom}`)
  }
  return raisers
}

import { compareCommands } from '../../commands/told-and-run.ts'
import { defineDetection } from '../api.ts'
import { excerpt, whom } from '../words.ts'

/** Programs that reach other machines or hold doors open: what a hook that lies would keep silent about. */
const reaching = new Set(
  (
    'ssh autossh sshpass scp sftp rsync mosh dbclient plink nc ncat netcat socat telnet openssl curl wget aria2c axel ' +
    'http xh ftp lftp tftp nmap masscan zmap rustscan naabu hping3 chisel frpc frps ngrok cloudflared gost bore rathole ' +
    'wstunnel ligolo-agent tailscale tailscaled wg wireguard-go openvpn xray v2ray sing-box ss-local proxychains ' +
    'proxychains4 tor torsocks iodine dnscat dnscat2 ptunnel xmrig minerd cpuminer t-rex lolMiner nbminer git gh ' +
    'docker podman kubectl helm aws gcloud gsutil az rclone s3cmd sbatch srun nohup at crontab systemd-run'
  ).split(' '),
)

/** Agents look at repositories for themselves. */
const harmlessAlone = new Set(['git', 'gh', 'docker', 'podman', 'nohup'])

export const labelMismatch = defineDetection({
  id: 'execution.label-mismatch',
  name: 'What ran is not what the agent said',
  kind: 'other',
  severity: 'high',
  confidence: 0.7,
  attack: ['T1036', 'T1562'], // Masquerading, Impair Defenses
  listensTo: ['execute_tool'],
  falsePositives: [
    'Wrappers around commands that fetch something of their own',
    'Work that an agent does for itself through a shell while a call is open',
  ],
  blindSpots: [
    'Scripts and programs that were named in the call and do more than their name says',
    'Calls that nothing was told of: they have no label',
  ],
  response: [
    'Trust what the kernel saw; treat the hook as forged',
    'Read the recording of the call’s processes',
    'Check who could change the agent’s settings',
  ],
  options: { calls: 10_000 },

  start({ options, boundedMap }) {
    const told = boundedMap<string, { readonly name: string; readonly command: string }>(options.calls)
    return (item) => {
      const { call } = item
      const { label, command } = call
      if (!label) {
        if (call.sourceId !== undefined && call.name !== 'process')
          told.set(call.sourceId, { name: call.name, command: call.command })
        return undefined
      }
      const said = told.get(label.toolCall)
      if (!said) return undefined
      const { agreement, extra } = compareCommands(said.name, said.command, command)
      const fits = label.agreement >= 0.5
      // What a script starts is the script's; the command itself is what was told of, or is not.
      if (fits && agreement < 0.5) return undefined
      const silent = extra.filter((program) => reaching.has(program) && (fits || !harmlessAlone.has(program)))
      const [program] = silent
      if (program === undefined) return undefined
      return {
        title: `${whom(item)} ran ${program} in a call that named no ${program}`,
        why: `The call ${label.toolCall.slice(0, 64)} said \`${excerpt([said.command])}\`; the kernel saw \`${excerpt([command])}\`.`,
        evidences: [item],
        fact: `${label.toolCall} ${program}`,
      }
    }
  },
})

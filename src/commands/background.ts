// Does a call start work that outlives it? Its window then runs to the sandbox's end.

import type { Invocation } from './parse.ts'
import { parseSsh } from './ssh.ts'
import { callInvocations } from './surfaces.ts'

/** Cheap: nothing that starts background work lacks all of these. */
const hint =
  /(?<![&>])&(?![&>\d])|nohup|setsid|tmux|screen|disown|daemon|cron|systemd-run|systemctl|\bat\s|\bbatch\b|ssh|docker|podman|nerdctl|service|supervisor|pm2|chisel|frpc|ngrok|cloudflared|tailscaled?|xmrig|miner|background|start_new_session|Popen|spawn|detach|--fork|\bforever\b|kubectl|socat|base64|eval|xxd/i

const daemons = new Set([
  'pm2',
  'supervisord',
  'forever',
  'tailscaled',
  'dockerd',
  'sshd',
  'cron',
  'crond',
  'atd',
  'nginx',
])

/** `name` helps to tell a shell text from arguments; a background flag of the tool itself counts. */
export function startsBackground(command: string, name = 'bash'): boolean {
  if (!hint.test(command)) return false
  if (/"(?:run_in_)?background"\s{0,4}:\s{0,4}true|"is_background"\s{0,4}:\s{0,4}true/.test(command))
    return true
  if (/start_new_session\s*=\s*True|detached:\s*true|os\.setsid|daemon\s*=\s*True|preexec_fn/.test(command))
    return true
  return callInvocations(name, command).some(isBackground)
}

function isBackground(invocation: Invocation): boolean {
  const { program, argv } = invocation
  if (invocation.background) return program !== 'wait' && program !== 'sleep'
  if (program === 'ssh') {
    const ssh = parseSsh(argv)
    return ssh.background || ssh.noCommand || ssh.forwards.some((f) => f.kind === 'R' || f.kind === 'w')
  }
  if (program === 'crontab') return !argv.includes('-l') && argv.length > 1
  if (program === 'at' || program === 'batch') return !argv.includes('-l')
  if (program === 'systemd-run' || daemons.has(program)) return true
  if (program === 'systemctl' || program === 'service') {
    return argv.some((word) => word === 'start' || word === 'restart' || word === 'enable')
  }
  if (program === 'docker' || program === 'podman' || program === 'nerdctl') {
    const verb = argv.findIndex(
      (word) => word === 'run' || word === 'exec' || word === 'start' || word === 'up',
    )
    if (verb < 0) return false
    if (argv[verb] === 'start') return true
    return argv.slice(verb + 1).some((word) => /^-(?:[it]*d[it]*)$|^--detach(?:=true)?$/.test(word))
  }
  if (program === 'kubectl') return argv[1] === 'run' || argv[1] === 'create' || argv[1] === 'apply'
  return argv.some((word) => /^--?(?:daemon(?:ize)?|fork|background|detach)$/.test(word) || word === '-B')
    ? program !== 'grep' && program !== 'git' && program !== 'ls'
    : false
}

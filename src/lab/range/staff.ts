// Puts life into the range: servers outside and inside, and what runs on the hosts and in the boxes without any agent.

import { fileURLToPath } from 'node:url'
import { agentUid, type LabPlan, otherGids } from '../plan.ts'
import type { Random } from '../random.ts'
import type { Range } from './network.ts'
import { repositoriesScript } from './repositories.ts'
import type { Space } from './space.ts'

export interface Staffing {
  readonly durationMs: number
  /** What the servers complain about; for whoever repairs the range. */
  complain(line: string): void
  /** A server that the run cannot do without has ended. */
  fail(line: string): void
}

export async function staffRange(
  range: Range,
  plan: LabPlan,
  random: Random,
  staffing: Staffing,
): Promise<void> {
  const names = Object.values(plan.outside).flatMap((s) => (typeof s === 'string' ? [] : [s.name]))
  await range.outside.run(['bash'], certificateScript(names))
  const certificate = await range.outside.run(['cat', '/run/vg/cert.pem'])
  await Promise.all([
    range.outside.run(['bash'], repositoriesScript(plan)),
    startSshd(range.outside, plan, staffing),
    ...range.boxes.map((box) => furnishBox(box, plan, certificate)),
    ...range.hosts.map((host) => host.run(['bash'], bindFiles({ 'resolv.conf': resolvConf(plan) }))),
  ])
  const gitBackend = `${(await range.outside.run(['git', '--exec-path'])).trim()}/git-http-backend`
  const scans = Array.from({ length: random.int(4, 7) }, () => random.int(2000, staffing.durationMs))
  await Promise.all([
    startServices(range.outside, 'outside', plan, staffing, [gitBackend, scans.join(',')]),
    startServices(range.internal, 'internal', plan, staffing),
    startServices(range.hosts[0]!, 'published', plan, staffing),
  ])
}

/** Jobs that go out through the same address as the agents and are no agent's doing. */
export function startInnocents(range: Range, plan: LabPlan, random: Random): void {
  const { report, telemetry, updates, mail } = plan.outside
  for (const [i, host] of plan.hosts.entries()) {
    const space = range.hosts[i]!
    // Stands in for cron, which knows no step below a minute: a run of forty seconds would see one job, or none.
    // Here a day is compressed, so a job runs every few seconds, with cron's even phase.
    const job = `curl -s -m 5 -o /dev/null http://${report.name}:${report.port}/usage?host=${host.name}`
    startAs(
      space,
      otherGids.cron,
      `sleep ${random.int(0, 20) / 10}; while :; do ${job} & sleep ${host.cronEverySeconds}; done`,
    )
    if (i === 1) {
      // The host's own mails are blocked like the agents': not every refusal is an agent's.
      const say = `echo "Subject: ${host.name}" | curl -s -m 3 --mail-from root@${host.name}.example --mail-rcpt ops@${mail.name.replace('mail.', '')} -T - smtp://${mail.name}:${mail.port}`
      startAs(space, otherGids.cron, `sleep ${random.int(15, 40) / 10}; while :; do ${say}; sleep 9; done`)
    }
    startAs(
      space,
      otherGids.hostDaemon,
      `RANDOM=${random.int(1, 30_000)}; while :; do sleep $((RANDOM % 6 + 1)).$((RANDOM % 10)); curl -s -m 5 -o /dev/null -d @/etc/hostname http://${telemetry.name}:${telemetry.port}/v1/metrics; done`,
    )
    for (const box of host.boxes) {
      if (!box.daemon) continue
      const every = `sleep $((RANDOM % 9 + 3)).$((RANDOM % 10))`
      startAs(
        range.boxes[box.index]!,
        otherGids.boxDaemon,
        `RANDOM=${random.int(1, 30_000)}; while :; do ${every}; curl -s -m 5 -o /dev/null http://${updates.name}/channel/stable; done`,
      )
    }
  }
}

function startAs(space: Space, gid: number, script: string): void {
  space.start(['setpriv', '--reuid', '64003', '--regid', String(gid), '--clear-groups', 'bash', '-c', script])
}

async function startServices(
  space: Space,
  role: string,
  plan: LabPlan,
  { complain, fail }: Staffing,
  more: readonly string[] = [],
): Promise<void> {
  const script = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../services/main.ts' : '../services/main.js', import.meta.url),
  )
  const loader = script.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : []
  const asRole =
    role === 'published' ? ['setpriv', '--regid', String(otherGids.published), '--clear-groups'] : []
  const child = space.start([
    ...asRole,
    process.execPath,
    ...loader,
    script,
    role,
    String(plan.seed),
    ...more,
  ])
  child.stderr?.on('data', (data: Buffer) => complain(data.toString().trim()))
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve())
    child.once('exit', (code) => {
      fail(`the ${role} servers ended with ${code}`)
      reject(new Error(`the ${role} servers ended with ${code} before they were ready`))
    })
  })
}

function certificateScript(names: readonly string[]): string {
  const san = names.map((name) => `DNS:${name}`).join(',')
  return `mkdir -p /run/vg; cd /run/vg; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
-keyout key.pem -out cert.pem -subj '/CN=range' -addext 'subjectAltName=${san}' 2>/dev/null\n`
}

/** Two real OpenSSH servers of the outside's own; anybody may log in as dev, to forward and nothing else. */
async function startSshd(outside: Space, plan: LabPlan, { complain, fail }: Staffing): Promise<void> {
  const { gateway, bastion } = plan.outside
  const config = `ListenAddress ${gateway.ip}:${gateway.port}
ListenAddress ${bastion.ip}:${bastion.port}
HostKey /run/vg/host_key
AllowUsers dev
PermitEmptyPasswords yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
AllowTcpForwarding yes
GatewayPorts no
PidFile none
UseDNS no
MaxStartups 60
`
  outside.write('/run/vg/sshd_config', config)
  await outside.run(
    ['bash'],
    `mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N '' -f /run/vg/host_key
${bindFiles({ passwd: 'root:x:0:0::/root:/bin/sh\nsshd:x:64005:64005::/run/sshd:/bin/false\ndev::64004:64004::/:/bin/false\n' })}`,
  )
  const path = (await outside.run(['bash', '-c', 'PATH=$PATH:/usr/sbin:/sbin; command -v sshd'])).trim()
  const child = outside.start([path, '-D', '-e', '-f', '/run/vg/sshd_config'])
  child.once('exit', (code) => fail(`sshd ended with ${code}`))
  child.stderr?.on('data', (data: Buffer) => {
    for (const line of data.toString().split('\n')) if (/error|fatal/i.test(line)) complain(`sshd: ${line}`)
  })
}

async function furnishBox(box: Space, plan: LabPlan, certificate: string): Promise<void> {
  box.write('/run/vg/ca.pem', certificate)
  await box.run(
    ['bash'],
    `mkdir -p /home/agent/src /home/agent/.local/bin /home/agent/.ssh
: > /home/agent/.local/bin/node
mount --bind /run/vg/node /home/agent/.local/bin/node
if [ -d /run/vg/npm ]; then
  printf '#!/bin/sh\\nexec node /run/vg/npm/bin/npm-cli.js "$@"\\n' > /home/agent/.local/bin/npm; chmod 755 /home/agent/.local/bin/npm
  printf 'registry=https://${plan.outside.registry.name}/\\nfund=false\\n' > /home/agent/.npmrc
fi
printf '[user]\\n name = agent\\n email = agent@example.com\\n[init]\\n defaultBranch = main\\n[advice]\\n detachedHead = false\\n' > /home/agent/.gitconfig
chown ${agentUid}:${agentUid} /home/agent /home/agent/src /home/agent/.ssh
chmod 2777 /home/agent/src
chgrp ${agentUid} /tmp && chmod 3777 /tmp # So that no file shows the group id of its call.
${bindFiles({
  'resolv.conf': resolvConf(plan),
  passwd: `root:x:0:0::/root:/bin/bash\nagent:x:${agentUid}:${agentUid}::/home/agent:/bin/bash\n`,
  group: `root:x:0:\nagent:x:${agentUid}:\n`,
  hosts: '127.0.0.1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
})}`,
  )
}

function resolvConf(plan: LabPlan): string {
  return `nameserver ${plan.internal.resolverIp}\noptions timeout:2 attempts:2\n`
}

/** Lays files over those of /etc, in this space only; a link to nowhere gets somewhere to point. */
function bindFiles(files: Record<string, string>): string {
  return Object.entries(files)
    .map(
      ([name, content]) => `cat > /run/vg/${name} <<'VG_END'
${content}VG_END
t=$(readlink -m /etc/${name}); mkdir -p "\${t%/*}"; [ -e "$t" ] || : > "$t"; mount --bind /run/vg/${name} "$t"
`,
    )
    .join('')
}

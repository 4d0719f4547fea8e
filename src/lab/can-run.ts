// May the range be opened on this machine? Looks, opens one space for a moment, assumes nothing.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

const programs: Record<string, string> = {
  bash: 'bash',
  ip: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  tcpdump: 'tcpdump',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  timeout: 'coreutils',
  git: 'git',
  curl: 'curl',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  openssl: 'openssl',
}

export type CanRunLab =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: string; readonly fix: string }

/** Whether `runLab` can work here; takes a few tens of milliseconds and leaves nothing behind. */
export function canRunLab(): CanRunLab {
  if (process.platform !== 'linux') {
    return {
      ok: false,
      why: 'The lab needs Linux network namespaces.',
      fix: 'Run it on Linux, or in a virtual machine with it.',
    }
  }
  if (process.getuid?.() !== 0) {
    return {
      ok: false,
      why: 'The lab opens network namespaces, which needs root.',
      fix: 'Run it with sudo.',
    }
  }
  const missing = Object.keys(programs).filter((program) => findProgram(program) === undefined)
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => programs[program]))].join(' ')
    return {
      ok: false,
      why: `The lab needs ${missing.join(', ')}.`,
      fix: `Install them, on Debian: apt-get install ${packages}`,
    }
  }
  return tryKernel()
}

export function findProgram(program: string): string | undefined {
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter)
  for (const folder of folders) {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return join(folder, program)
    } catch {} // Not in this folder.
  }
  return undefined
}

/** The folder of an npm that carries its own modules, as Node's installers lay it out; Debian's own does not. */
export function npmFolder(): string | undefined {
  const program = findProgram('npm')
  if (program === undefined) return undefined
  const folder = dirname(dirname(realpathSync(program)))
  const complete = ['bin/npm-cli.js', 'node_modules/@npmcli/arborist'].every((path) =>
    existsSync(join(folder, path)),
  )
  return complete ? folder : undefined
}

/** A namespace, a virtual cable and a marking rule: what the range is made of. */
function tryKernel(): CanRunLab {
  const script = `ip link set lo up && ip link add a0 type veth peer name b0 && nft -f - <<'E'
table inet vg {
  chain out {
    type filter hook output priority 0
    ct state new ct mark set meta skgid map { 1 : 1 }
  }
  chain post {
    type nat hook postrouting priority 100
    oifname a0 meta l4proto tcp snat ip to 192.0.2.1:1000-2000
  }
}
E`
  const { status, stderr, error } = spawnSync(
    'unshare',
    ['--net', '--mount', '--uts', '--pid', '--fork', '--mount-proc', 'bash', '-c', script],
    { timeout: 10_000, encoding: 'utf8' },
  )
  if (status === 0) return { ok: true }
  const why = (stderr || error?.message || 'it ended without a word').trim().split('\n')[0]!
  return {
    ok: false,
    why: `This kernel or container does not let the lab open its network: ${why}`,
    fix: 'Run it on a machine or in a container with CAP_SYS_ADMIN and CAP_NET_ADMIN, veth and nf_tables.',
  }
}

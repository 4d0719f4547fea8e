// What every sandbox sees of the system: programs and settings read-only, without the settings that are secrets.

import { posix } from 'node:path'
import { isWithin, realPath } from './host-view.ts'
import type { HostView, MountStep } from './mount-plan.ts'

/** Read-only where they exist; links (usr-merge) stay links. */
const folders = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/opt',
  '/nix',
  '/snap',
  '/gnu',
  '/run/current-system',
  // What package managers and certificate stores keep outside /usr and /etc.
  '/var/lib/dpkg',
  '/var/lib/rpm',
  '/var/lib/pacman',
  '/var/lib/ca-certificates',
  '/etc',
  // How many processors there are; nothing else of /sys.
  '/sys/devices/system/cpu',
  '/sys/devices/system/node',
]

/** Below /etc: secrets, and what else tells of the machine's insides. A star stands for a part of a name. */
const etcSecrets = [
  'shadow',
  'shadow-',
  'gshadow',
  'gshadow-',
  'sudoers',
  'sudoers.d',
  'doas.conf',
  'ssh/ssh_host_*_key',
  'ssl/private',
  'pki/tls/private',
  'letsencrypt',
  'krb5.keytab',
  'security/opasswd',
  'apt/auth.conf',
  'apt/auth.conf.d',
  'docker',
  'containerd',
  'containers/auth.json',
  'kubernetes',
  'rancher',
  'cni',
  'cloud',
  'NetworkManager/system-connections',
  'wpa_supplicant',
  'wireguard',
  'openvpn',
  'ipsec.secrets',
  'ppp/pap-secrets',
  'ppp/chap-secrets',
  'mysql/debian.cnf',
  'sssd',
  'samba/private',
  'boto.cfg',
  'vigiles',
]

/** Doors to what runs outside; hidden wherever they would show, also where nobody listens yet. */
export const knownSockets = [
  '/run/docker.sock',
  '/run/containerd',
  '/run/crio',
  '/run/podman',
  '/run/dbus',
  '/run/systemd/private',
  '/run/systemd/notify',
  '/run/snapd.sock',
  '/run/libvirt',
  '/tmp/.X11-unix',
]

const mib = 1024 * 1024
/** Bytes of the file systems in memory; what is written there counts as memory of the sandbox. */
export const memoryBytesMax = { home: 4096 * mib, tmp: 4096 * mib, shm: 1024 * mib, run: 64 * mib } as const

/**
 * Where /etc lacks one of the files that a sandbox has of its own, nothing can be mounted on it in a read-only folder:
 * then /etc is put together from its entries.
 */
export function systemSteps(host: HostView, own: readonly string[]): MountStep[] {
  const steps: MountStep[] = []
  const assembled = own.some((path) => path.startsWith('/etc/') && host.kind(path) === 'missing')
  for (const path of folders) {
    if (path === '/etc' && assembled) {
      steps.push(...assembledEtc(host, new Set(own)))
      continue
    }
    const to = posix.dirname(path) === '/' ? host.link(path) : undefined
    if (to !== undefined) {
      steps.push({ kind: 'link', target: path, to })
      const real = realPath(host, path)
      if (!folders.some((folder) => isWithin(real, folder)) && host.kind(real) === 'folder') {
        steps.push({ kind: 'bind', source: real, target: real, write: false })
      }
    } else if (host.kind(path) === 'folder')
      steps.push({ kind: 'bind', source: path, target: path, write: false })
  }
  return [
    ...steps,
    { kind: 'memory', target: '/tmp', bytesMax: memoryBytesMax.tmp, mode: '1777' },
    { kind: 'memory', target: '/var/tmp', bytesMax: memoryBytesMax.tmp, mode: '1777' },
    { kind: 'memory', target: '/run', bytesMax: memoryBytesMax.run, mode: '0755' },
    { kind: 'memory', target: '/dev/shm', bytesMax: memoryBytesMax.shm, mode: '1777' },
    { kind: 'link', target: '/var/run', to: '../run' },
    { kind: 'link', target: '/var/lock', to: '../run/lock' },
  ]
}

export function etcSecretPaths(host: HostView): string[] {
  return etcSecrets.flatMap((pattern) => matches(host, pattern))
}

/** Existing files and folders below /etc that a pattern names. */
function matches(host: HostView, pattern: string): string[] {
  const path = posix.join('/etc', pattern)
  if (!pattern.includes('*')) return host.kind(path) === 'missing' ? [] : [path]
  const [before = '', after = ''] = posix.basename(path).split('*')
  return host
    .list(posix.dirname(path))
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => posix.join(posix.dirname(path), name))
}

function assembledEtc(host: HostView, own: ReadonlySet<string>): MountStep[] {
  const entries = host.list('/etc').map((name) => posix.join('/etc', name))
  return [
    { kind: 'memory', target: '/etc', bytesMax: mib, mode: '0755' },
    ...entries.flatMap((path): MountStep[] => {
      const to = host.link(path)
      if (to !== undefined) return [{ kind: 'link', target: path, to }]
      if (own.has(path) || (host.kind(path) !== 'folder' && host.kind(path) !== 'file')) return []
      return [{ kind: 'bind', source: path, target: path, write: false }]
    }),
  ]
}

// Why an ordinary user may not make a sandbox on this machine, by the name of what stands in the way.

import { readFileSync } from 'node:fs'
import type { System } from './machine-system.ts'

export interface Reason {
  readonly detail: string
  readonly fix: string
}

/** `complaint`: what the trial wrote. */
export function namespaceReason(complaint: string, system: System): Reason {
  const setting = (path: string) => readSetting(`/proc/sys/${path}`)
  return reasonOf(complaint, system, {
    apparmorRestricts: setting('kernel/apparmor_restrict_unprivileged_userns'),
    userNamespacesClone: setting('kernel/unprivileged_userns_clone'),
    userNamespacesMax: setting('user/max_user_namespaces'),
    filtered: /^Seccomp:\s*2/m.test(readSetting('/proc/self/status') ?? ''),
  })
}

export interface NamespaceSettings {
  /** Ubuntu 24.04 and newer: `1` lets only programs with a profile make them. */
  readonly apparmorRestricts: string | undefined
  /** Debian's and some hardened kernels' switch. */
  readonly userNamespacesClone: string | undefined
  readonly userNamespacesMax: string | undefined
  /** We run under a filter of system calls ourselves. */
  readonly filtered: boolean
}

export function reasonOf(complaint: string, system: System, settings: NamespaceSettings): Reason {
  if (settings.userNamespacesMax === '0') {
    return {
      detail: 'user.max_user_namespaces is 0',
      fix: 'sudo sysctl -w user.max_user_namespaces=15000 (to keep it: a file in /etc/sysctl.d)',
    }
  }
  if (settings.userNamespacesClone === '0') {
    return {
      detail: 'kernel.unprivileged_userns_clone is 0',
      fix: 'sudo sysctl -w kernel.unprivileged_userns_clone=1 (to keep it: a file in /etc/sysctl.d)',
    }
  }
  if (settings.apparmorRestricts === '1') {
    return {
      detail:
        "AppArmor lets only programs with a profile make them (Ubuntu's kernel.apparmor_restrict_unprivileged_userns)",
      fix:
        'sudo apt install apparmor-profiles && sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && sudo systemctl reload apparmor; ' +
        'or, for all programs: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    }
  }
  const { container } = system
  if (/proc/i.test(complaint) && /mount/i.test(complaint)) {
    return {
      detail: 'the container hides parts of /proc, so that no new /proc may be mounted',
      fix: 'docker run --security-opt systempaths=unconfined --security-opt seccomp=unconfined --security-opt apparmor=unconfined …',
    }
  }
  if (container === 'docker' || container === 'podman' || (settings.filtered && container !== 'wsl')) {
    return {
      detail: `the container's seccomp profile forbids them (Docker's default does)`,
      fix: 'docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined …, or start vigiles outside of the container',
    }
  }
  if (container === 'kubernetes') {
    return {
      detail: "the pod's seccomp profile forbids them",
      fix: 'Set seccompProfile.type: Unconfined and procMount: Unmasked in the securityContext of the pod.',
    }
  }
  return {
    detail: `bubblewrap says: ${complaint.trim().split('\n')[0]?.slice(0, 200) || 'nothing'}`,
    fix: 'Use a kernel with CONFIG_USER_NS, and allow it for ordinary users.',
  }
}

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

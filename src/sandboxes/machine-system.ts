// Which system this is, and how one installs a package on it.

import { existsSync, readFileSync } from 'node:fs'

export interface System {
  /** `Debian GNU/Linux 12 (bookworm)` */
  readonly name: string
  /** `debian`, and what it is like: `ubuntu debian`. */
  readonly families: readonly string[]
  readonly container: 'docker' | 'podman' | 'kubernetes' | 'lxc' | 'wsl' | undefined
}

export function readSystem(): System {
  return {
    ...systemOf(readText('/etc/os-release') || readText('/usr/lib/os-release')),
    container: container(),
  }
}

/** Lines like `ID_LIKE="ubuntu debian"`. */
export function systemOf(release: string): Omit<System, 'container'> {
  const field = (name: string) => new RegExp(`^${name}=["']?([^"'\\n]*)`, 'm').exec(release)?.[1] ?? ''
  const families = [field('ID'), ...field('ID_LIKE').split(/\s+/)].filter((word) => word !== '')
  return { name: field('PRETTY_NAME') || field('NAME') || 'an unknown system', families }
}

function container(): System['container'] {
  if (existsSync('/.dockerenv')) return 'docker'
  if (existsSync('/run/.containerenv')) return 'podman'
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined) return 'kubernetes'
  if (/microsoft/i.test(readText('/proc/sys/kernel/osrelease'))) return 'wsl'
  return /(?:^|\0)container=lxc/.test(readText('/proc/1/environ')) ? 'lxc' : undefined
}

const installers: readonly (readonly [families: readonly string[], words: string])[] = [
  [['debian', 'ubuntu'], 'sudo apt install'],
  [['fedora', 'rhel', 'centos', 'amzn'], 'sudo dnf install'],
  [['arch'], 'sudo pacman -S'],
  [['suse', 'opensuse'], 'sudo zypper install'],
  [['alpine'], 'sudo apk add'],
]

/** `name` as Debian calls the package. */
export function installHint({ families }: Pick<System, 'families'>, name: string): string {
  const found = installers.find(([known]) => families.some((family) => known.includes(family)))
  if (!found) return `Install the package ${name}.`
  const [known, words] = found
  return `${words} ${name === 'iproute2' && known.includes('fedora') ? 'iproute' : name}`
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

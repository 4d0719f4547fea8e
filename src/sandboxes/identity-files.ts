// The few files of /etc that a sandbox has of its own: who the agent is, and where names are looked up.

import { realPath } from './host-view.ts'
import type { AgentUser, HostView, MountStep } from './mount-plan.ts'

export interface Names {
  readonly agent: AgentUser
  readonly home: string
  readonly hostname: string
  readonly resolver: string
}

/** At the places that they really have: /etc/resolv.conf is often a link into /run. */
export function identityFiles(host: HostView, names: Names): Extract<MountStep, { kind: 'text' }>[] {
  const { agent, home, hostname, resolver } = names
  const files: Readonly<Record<string, string>> = {
    '/etc/resolv.conf': `nameserver ${resolver}\noptions timeout:5 attempts:2\n`,
    '/etc/hosts': `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t${hostname}\n`,
    '/etc/hostname': `${hostname}\n`,
    '/etc/passwd': [
      ...(agent.uid === 0 ? [] : ['root:x:0:0:root:/nonexistent:/usr/sbin/nologin']),
      `${agent.name}:x:${agent.uid}:${agent.gid}:${agent.name}:${home}:/bin/sh`,
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
      '',
    ].join('\n'),
    '/etc/group': [
      ...(agent.gid === 0 ? [] : ['root:x:0:']),
      `${agent.name}:x:${agent.gid}:`,
      'nogroup:x:65534:',
      '',
    ].join('\n'),
  }
  return Object.entries(files).map(([path, text]) => ({
    kind: 'text',
    target: realPath(host, path),
    text,
    mode: 0o644,
  }))
}

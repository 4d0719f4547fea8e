// A sandbox of namespaces and file system alone, as tests need it: no network, no groups.

import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { agentUser } from '../../src/sandboxes/agent-user.ts'
import { sandboxEnvironment } from '../../src/sandboxes/environment.ts'
import { openFileSystem } from '../../src/sandboxes/file-system.ts'
import { startHolder } from '../../src/sandboxes/holder.ts'
import { kernel } from '../../src/sandboxes/kernel.ts'
import type { MountRequest } from '../../src/sandboxes/mount-plan.ts'
import type { SeccompOptions } from '../../src/sandboxes/seccomp.ts'

/** The reason why this machine can't hold a sandbox; undefined when it can. */
export function missingForSandbox(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux'
  for (const tool of ['bwrap', 'nsenter', 'setpriv']) {
    if (spawnSync(tool, ['--version']).error) return `no ${tool}`
  }
  const root = process.getuid?.() === 0
  const { status, stderr } = spawnSync('bwrap', ['--unshare-user', '--dev-bind', '/', '/', 'true'], {
    encoding: 'utf8',
    ...(root && { uid: 65534, gid: 65534 }),
  })
  if (status !== 0) return `no user namespaces: ${stderr.trim()}`
  try {
    kernel()
  } catch {
    return 'no library for system calls'
  }
  return undefined
}

export type Wishes = Partial<MountRequest> &
  Pick<MountRequest, 'workFolder' | 'home'> &
  SeccompOptions & { readonly env?: Readonly<Record<string, string>> }

export async function hold({ env = {}, nestedNamespaces, ioUring, ...wishes }: Wishes) {
  const agent = agentUser(wishes.workFolder)
  const files = await openFileSystem(
    {
      agent,
      filesystem: { write: [], read: [], hide: [], sockets: [] },
      secret: [],
      path: '/usr/local/bin:/usr/bin:/bin',
      resolver: '192.0.2.53',
      ...wishes,
    },
    { ...(nestedNamespaces && { nestedNamespaces }), ...(ioUring && { ioUring }) },
  )
  const holder = await startHolder({
    arguments: files.holderArguments,
    uid: agent.uid,
    gid: agent.gid,
  }).catch((error: unknown) => {
    files.close()
    throw error
  })
  files.mounted()
  const networkFd = openSync(`/proc/${holder.pid}/ns/net`, 'r')
  const userFd = kernel().ownerNamespace(networkFd)
  closeSync(networkFd)
  const setUser = ['--reuid', agent.uid, '--regid', agent.gid, '--clear-groups', '--no-new-privs'].map(String)
  const enter = [
    'nsenter',
    '--user=/proc/self/fd/3',
    '--target',
    String(holder.pid),
    '--preserve-credentials',
  ]
  const before = [
    ...(process.getuid?.() === 0 ? ['setpriv', ...setUser] : []),
    ...enter,
    ...['--mount', '--pid', '--net', '--ipc', '--uts', 'bwrap'],
  ]
  return {
    agent,
    files,
    /** Output of a shell's command, both streams, and how it ended. */
    async run(command: string, cwd = wishes.workFolder) {
      const inside = sandboxEnvironment(
        { PATH: wishes.path ?? '/usr/local/bin:/usr/bin:/bin' },
        { home: files.home, user: agent.name, set: env },
      )
      const { arguments: words, fds, release } = files.execArguments({ cwd, env: inside }, 4)
      const [file = '', ...args] = [...before, ...words, '--', '/bin/sh', '-c', command]
      const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe', userFd, ...fds], cwd: '/' })
      release()
      let out = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (bytes: Buffer) => {
          out += bytes
        })
      }
      return await new Promise<{ out: string; code: number | null }>((resolve) => {
        child.once('close', (code) => resolve({ out: out.trim(), code }))
      })
    },
    async close() {
      closeSync(userFd)
      await holder.close()
      files.close()
    },
  }
}

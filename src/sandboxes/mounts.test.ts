import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OperatorError } from '../base/errors.ts'
import { isWithin, listening, realPath } from './host-view.ts'
import type { HostView, MountRequest, MountStep } from './mount-plan.ts'
import { planMounts } from './mounts.ts'

/** A disk in words: `path` a folder, `path -> to` a link, `path = text` a file, `path = socket` one that is listened on. */
function disk(...lines: string[]): HostView {
  const links = new Map<string, string>()
  const files = new Map<string, string>()
  const folders = new Set<string>(['/'])
  for (const line of lines) {
    const [, path = '', sign, rest = ''] = /^(\S+)(?: (->|=) ([\s\S]*))?$/.exec(line)!
    for (let at = sign ? path.replace(/\/[^/]+$/, '') : path; at !== ''; at = at.replace(/\/[^/]+$/, ''))
      folders.add(at)
    if (sign === '->') links.set(path, rest)
    if (sign === '=') files.set(path, rest)
  }
  const view: HostView = {
    link: (path) => links.get(path),
    kind(path) {
      const at = realPath(view, path)
      if (folders.has(at)) return 'folder'
      if (files.get(at) === 'socket') return 'socket'
      if (at.startsWith('/dev/') && files.has(at)) return 'device'
      return files.has(at) ? 'file' : 'missing'
    },
    list: (path) =>
      [...folders, ...files.keys(), ...links.keys()]
        .filter((at) => at !== '/' && (at.replace(/\/[^/]+$/, '') || '/') === path)
        .map((at) => at.slice(at.lastIndexOf('/') + 1)),
    text: (path) => files.get(realPath(view, path)),
    sockets: () => [...files].filter(([, text]) => text === 'socket').map(([path]) => path),
  }
  return view
}

const system = [
  '/usr/bin',
  '/usr/lib',
  '/bin -> usr/bin',
  '/lib -> usr/lib',
  ...['hosts', 'hostname', 'passwd', 'group', 'shadow', 'ssh/ssh_host_rsa_key'].map(
    (name) => `/etc/${name} = text`,
  ),
  '/etc/resolv.conf -> ../run/systemd/resolve/stub-resolv.conf',
  '/run/systemd/resolve/stub-resolv.conf = nameserver 127.0.0.53',
  '/home/ada/.ssh/id_ed25519 = key',
  '/home/ada/.ssh/known_hosts = hosts',
  '/home/ada/.nvm/versions/node/v22/bin/node = elf',
  '/home/ada/.nvm/versions/node/v22/lib',
  '/home/ada/code/app/src',
  '/home/ada/code/other',
]

const plan = (wishes: Partial<MountRequest> = {}, ...more: string[]) =>
  planMounts(
    {
      agent: { uid: 1000, gid: 1000, name: 'ada' },
      home: '/home/ada',
      workFolder: '/home/ada/code/app',
      filesystem: { write: [], read: [], hide: [], sockets: [], ...wishes.filesystem },
      secret: [],
      path: '/usr/bin:/bin',
      resolver: '192.0.2.53',
      ...wishes,
    },
    disk(...system, ...more),
  )

/** `kind target`, with what is written where it matters. */
const words = (steps: readonly MountStep[]) =>
  steps.map((step) => {
    if (step.kind === 'bind') return `${step.write ? 'write' : 'read'} ${step.target}`
    if (step.kind === 'link') return `link ${step.target} -> ${step.to}`
    return `${step.kind} ${step.target}`
  })

const refusal = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof OperatorError) return error.toText()
    throw error
  }
  return 'accepted'
}

const files = (wishes: Partial<MountRequest['filesystem']>) => ({
  filesystem: { write: [], read: [], hide: [], sockets: [], ...wishes },
})

describe('planMounts', () => {
  it('shows the system read-only, a new home, and the work folder', () => {
    expect(words(plan().steps)).toEqual([
      'link /bin -> usr/bin',
      'read /etc',
      'link /lib -> usr/lib',
      'memory /run',
      'memory /tmp',
      'read /usr',
      'memory /dev/shm',
      'text /etc/group',
      'text /etc/hostname',
      'text /etc/hosts',
      'text /etc/passwd',
      'hide /etc/shadow',
      'memory /home/ada',
      'link /var/lock -> ../run/lock',
      'link /var/run -> ../run',
      'memory /var/tmp',
      'hide /etc/ssh/ssh_host_rsa_key',
      'read /home/ada/.nvm',
      'write /home/ada/code/app',
      'text /run/systemd/resolve/stub-resolv.conf',
    ])
  })

  it('puts /etc together where it lacks a file that a sandbox has of its own', () => {
    const host = disk(
      ...system.filter((line) => !line.startsWith('/etc/hostname')),
      '/etc/alternatives -> ../usr/alt',
    )
    const { steps } = planMounts(
      {
        agent: { uid: 1000, gid: 1000, name: 'ada' },
        home: '/home/ada',
        workFolder: '/home/ada/code/app',
        filesystem: files({}).filesystem,
        secret: [],
        path: '',
        resolver: '192.0.2.53',
      },
      host,
    )
    const etc = words(steps).filter((line) => line.includes(' /etc'))
    expect(etc).toContain('memory /etc')
    expect(etc).toContain('read /etc/ssh')
    expect(etc).toContain('link /etc/alternatives -> ../usr/alt')
    expect(etc).toContain('text /etc/hostname')
    expect(etc).toContain('hide /etc/shadow')
    expect(etc).not.toContain('read /etc/passwd')
  })

  it('shows what the policy names, the more specific wish winning', () => {
    const { steps, notes } = plan(
      files({
        write: ['/data'],
        read: ['~/.ssh/known_hosts', '/data/fixed', '/nowhere'],
        hide: ['src/keys', '/data/secret'],
      }),
      '/data/fixed',
      '/data/secret',
      '/home/ada/code/app/src/keys',
    )
    const shown = words(steps)
    for (const line of [
      'write /data',
      'read /data/fixed',
      'hide /data/secret',
      'read /home/ada/.ssh/known_hosts',
      'hide /home/ada/code/app/src/keys',
    ])
      expect(shown).toContain(line)
    expect(shown.some((line) => line.includes('id_ed25519'))).toBe(false)
    expect(notes).toEqual(['/nowhere does not exist: it is not in the sandbox'])
  })

  it('hides the usual secrets in a home that the policy shows', () => {
    const shown = words(
      plan(files({ read: ['~'] }), '/home/ada/.npmrc = //npm.example.com/:_authToken=x').steps,
    )
    expect(shown).toContain('hide /home/ada/.npmrc')
    expect(shown).toContain('read /home/ada')
    expect(shown).toContain('hide /home/ada/.ssh')
  })

  it('shows devices where the policy names them', () => {
    const { steps } = plan(files({ write: ['/dev/nvidia0'] }), '/dev/nvidia0 = device')
    expect(steps).toContainEqual({
      kind: 'bind',
      source: '/dev/nvidia0',
      target: '/dev/nvidia0',
      write: true,
      asOwner: true,
      devices: true,
    })
  })

  it('takes stars for parts of names', () => {
    const shown = words(
      plan(
        files({ write: ['/dev/nvidia*', '/none/*'], hide: ['.env*', 'src/*/keys'] }),
        ...['/dev/nvidia0 = device', '/dev/nvidiactl = device', '/dev/sda = device'],
        ...['.env = x', '.env.local = x', 'env = x'].map((name) => `/home/ada/code/app/${name}`),
        ...['/home/ada/code/app/src/a/keys', '/home/ada/code/app/src/b/other'],
      ).steps,
    ).filter((line) => /nvidia|sda|env|src/.test(line))
    expect(shown).toEqual([
      'write /dev/nvidia0',
      'write /dev/nvidiactl',
      'hide /home/ada/code/app/.env',
      'hide /home/ada/code/app/.env.local',
      'hide /home/ada/code/app/src/a/keys',
    ])
    expect(plan(files({ write: ['/none/*'] })).notes).toEqual(['/none/* names nothing that exists'])
    expect(refusal(() => plan(files({ hide: ['**/.env'] })))).toMatch(/stands for nothing/)
    const slow = `${'a*'.repeat(40)}b`
    expect(plan(files({ hide: [slow] }), `/home/ada/code/app/${'a'.repeat(200)} = x`).notes).toEqual([])
  })

  it('hides the sockets of programs outside, but for those the policy names', () => {
    const host = ['/home/ada/code/app/dev.sock = socket', '/run/docker.sock = socket', '/var/run -> /run']
    expect(words(plan({}, ...host).steps)).toContain('hide /home/ada/code/app/dev.sock')
    expect(words(plan({}, ...host).steps).join()).not.toContain('docker.sock')
    const shown = words(plan(files({ sockets: ['/var/run/docker.sock', 'dev.sock'] }), ...host).steps)
    expect(shown).toContain('write /run/docker.sock')
    expect(shown).not.toContain('hide /home/ada/code/app/dev.sock')
  })

  it('follows the links of a command to all that it runs from', () => {
    const shown = words(
      plan(
        { commands: ['agent'], path: '/srv/tools/bin:/usr/bin' },
        '/srv/tools/bin/agent -> /srv/agents/v1/lib/node_modules/agent/cli.js',
        '/srv/agents/v1/lib/node_modules/agent/cli.js = script',
      ).steps,
    )
    expect(shown).toContain('read /srv/tools/bin')
    expect(shown).toContain('read /srv/agents/v1/lib/node_modules')
  })

  it('keeps the names by which the home and the tools are known', () => {
    const host = disk(
      ...system.filter((line) => !line.startsWith('/home')),
      '/home -> var/home',
      '/var/home/ada/code/app',
      '/var/home/ada/tools/v2/bin',
      '/var/home/ada/tools/now -> v2',
    )
    const { steps, home } = planMounts(
      {
        agent: { uid: 1000, gid: 1000, name: 'ada' },
        home: '/home/ada',
        workFolder: '/home/ada/code/app',
        filesystem: files({}).filesystem,
        secret: [],
        path: '/home/ada/tools/now/bin',
        resolver: '192.0.2.53',
      },
      host,
    )
    expect(home).toBe('/var/home/ada')
    for (const line of [
      'link /home -> var/home',
      'memory /var/home/ada',
      'write /var/home/ada/code/app',
      'read /var/home/ada/tools/v2/bin',
      'link /var/home/ada/tools/now -> v2',
    ])
      expect(words(steps)).toContain(line)
  })

  it('shows a worktree its repository only where that names the worktree', () => {
    const repository = ['/home/ada/code/main/.git/HEAD = ref', '/home/ada/code/main/.git/hooks']
    const own = '/home/ada/code/app/.git = gitdir: /home/ada/code/main/.git/worktrees/app\n'
    const back = (to: string) => `/home/ada/code/main/.git/worktrees/app/gitdir = ${to}\n`
    const shown = words(plan({}, ...repository, own, back('/home/ada/code/app/.git')).steps)
    expect(shown).toContain('write /home/ada/code/main/.git')
    expect(shown).toContain('read /home/ada/code/main/.git/hooks')
    expect(words(plan({}, ...repository, own, back('/home/ada/code/else/.git')).steps).join()).not.toContain(
      'main',
    )
  })

  it('copies the state of an agent without what it keeps of other projects', () => {
    const { steps } = plan(
      { state: [{ path: '/home/ada/.claude', mode: 'copy' }], secret: ['/home/ada/.claude/vigiles'] },
      '/home/ada/.claude/vigiles',
    )
    const copy = steps.find((step) => step.kind === 'copy')
    expect(copy?.kind === 'copy' && copy.except).toEqual(expect.arrayContaining(['projects', 'vigiles']))
  })

  it('covers the place of a secret that is not there yet', () => {
    const shown = words(
      plan({ secret: ['/home/ada/code/app/runs/1', '/home/ada/.local/state/vigiles'] }).steps,
    )
    expect(shown).toContain('hide /home/ada/code/app/runs/1')
    expect(shown.join()).not.toContain('state/vigiles')
  })

  it('refuses what would undo the sandbox, in words that say how to mend it', () => {
    expect(refusal(() => plan({ workFolder: '/home/ada' }))).toMatch(/holds the whole home[\s\S]*one project/)
    expect(refusal(() => plan({ workFolder: '/usr' }))).toMatch(/belongs to the system/)
    expect(refusal(() => plan({ workFolder: '/home/ada/gone' }))).toMatch(/is no folder/)
    for (const path of ['/', '/proc', '/proc/1', '/sys', '/sys/fs/cgroup/x', '/dev', '/run']) {
      expect(refusal(() => plan(files({ read: [path] })))).toMatch(/would undo the sandbox/)
    }
    expect(refusal(() => plan({ secret: ['/home/ada/code/app'] }))).toMatch(/kept from the agent/)
    expect(refusal(() => plan({ secret: ['/rec'], ...files({ write: ['/rec/1'] }) }, '/rec/1'))).toMatch(
      /must not see \/rec/,
    )
    // By another name.
    expect(
      refusal(() => plan({ secret: ['/rec'], ...files({ read: ['/alias'] }) }, '/rec', '/alias -> /rec')),
    ).toMatch(/must not see/)
  })

  it('never shows a secret, whatever else is wished for', () => {
    const places = [
      '/data',
      '/data/a',
      '/data/a/b',
      '/home/ada',
      '/home/ada/code',
      '/home/ada/code/app',
      '/home/ada/code/app/src',
    ]
    const some = fc.subarray(places)
    const host = disk(...system, '/data/a/b/c')
    fc.assert(
      fc.property(some, some, some, some, (write, read, hide, secret) => {
        let steps: readonly MountStep[]
        try {
          steps = planMounts(
            {
              agent: { uid: 1000, gid: 1000, name: 'ada' },
              home: '/home/ada',
              workFolder: '/home/ada/code/app',
              filesystem: { write, read, hide, sockets: [] },
              secret,
              path: '',
              resolver: '192.0.2.53',
            },
            host,
          ).steps
        } catch (error) {
          if (error instanceof OperatorError) return
          throw error
        }
        for (const path of secret) {
          const nearest = [...steps].reverse().find((step) => isWithin(path, step.target))
          expect(nearest === undefined || nearest.kind === 'hide' || nearest.kind === 'memory').toBe(true)
          expect(steps.filter(({ target }) => target !== path && isWithin(target, path))).toEqual([])
        }
        // Each place once, parents first.
        const targets = steps.map(({ target }) => target)
        expect(new Set(targets).size).toBe(targets.length)
        for (const [i, target] of targets.entries()) {
          expect(targets.slice(i + 1).some((later) => later !== target && isWithin(target, later))).toBe(
            false,
          )
        }
      }),
    )
  })
})

describe('realPath', () => {
  it('follows links, names the place a dangling one means, and ends on a loop', () => {
    const host = disk('/a/b', '/l -> /a', '/a/up -> ../gone/x', '/loop -> /loop')
    expect(realPath(host, '/l/b/../c')).toBe('/a/c')
    expect(realPath(host, '/l/up/y')).toBe('/gone/x/y')
    expect(realPath(host, '/loop/z')).toBe('/loop/z')
  })
})

describe('listening', () => {
  it('reads paths, with blanks too, and leaves abstract names', () => {
    const text = [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      '0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/my app.sock',
      '0000000000000000: 00000002 00000000 00010000 0001 01 12346 @/tmp/.X11-unix/X0',
      '0000000000000000: 00000003 00000000 00000000 0001 03 12347',
      '',
    ].join('\n')
    expect(listening(text)).toEqual(['/run/my app.sock'])
  })
})

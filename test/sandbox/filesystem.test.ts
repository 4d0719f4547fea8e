// What programs inside a real sandbox see of the disk, and what they can do to it.

import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hold, missingForSandbox } from './holding.ts'

const missing = missingForSandbox()
const root = process.getuid?.() === 0

describe.skipIf(missing !== undefined)(`the disk inside a sandbox${missing ? ` (${missing})` : ''}`, () => {
  let base = ''
  let home = ''
  let work = ''
  let box: Awaited<ReturnType<typeof hold>>
  let server: Server
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text, { mode })
  }

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'sandbox-'))
    home = join(base, 'home')
    work = join(home, 'code/project')
    write(join(home, '.ssh/id_ed25519'), 'PRIVATE', 0o600)
    write(join(home, '.ssh/known_hosts'), 'example.com key', 0o600)
    write(join(home, '.aws/credentials'), 'PRIVATE', 0o600)
    write(join(home, '.bash_history'), 'PRIVATE')
    write(join(home, 'code/other/notes'), 'PRIVATE')
    write(join(home, '.local/bin/mine'), '#!/bin/sh\necho mine', 0o755)
    write(
      join(home, '.npmrc'),
      'registry=https://npm.example.com/\n//npm.example.com/:_authToken=npm_PRIVATE\n',
    )
    write(join(home, '.gitconfig'), '[user]\n\tname = Ada\n[credential]\n\thelper = store\n')
    write(join(home, '.claude/settings.json'), '{"a":1}', 0o600)
    write(join(home, '.claude/projects/other/chat.jsonl'), 'PRIVATE')
    write(join(home, '.codex/auth.json'), 'LOGIN', 0o600)
    write(join(home, '.tool/lib/node_modules/agent/cli.sh'), '#!/bin/sh\necho agent', 0o755)
    mkdirSync(join(home, '.tool/bin'))
    symlinkSync('../lib/node_modules/agent/cli.sh', join(home, '.tool/bin/agent'))
    write(join(base, 'data/big'), 'DATA')
    write(join(work, 'README'), 'hello')
    write(join(work, '.git/hooks/pre-commit'), 'original', 0o755)
    write(join(work, 'runs/1/journal.jsonl'), 'RECORDING')
    write(join(work, 'keys/key'), 'PRIVATE')
    write(join(work, 'deep/er/runs/journal'), 'RECORDING')
    write(join(work, 'policy.yaml'), 'version: 1')
    chmodSync(home, 0o700)
    server = createServer().listen(join(work, 'door.sock'))
    box = await hold({
      workFolder: work,
      home,
      path: `${join(home, '.tool/bin')}:/usr/local/bin:/usr/bin:/bin`,
      commands: ['agent'],
      secret: [join(work, 'runs'), join(work, 'deep/er/runs')],
      protect: [join(work, 'policy.yaml')],
      filesystem: {
        write: [join(base, 'data')],
        read: ['~/.ssh/known_hosts'],
        hide: ['keys'],
        sockets: [],
      },
      state: [
        { path: join(home, '.claude'), mode: 'copy' },
        { path: join(home, '.codex'), mode: 'write' },
      ],
      files: [{ path: '/run/vigiles/ca.pem', text: 'CERTIFICATE' }],
    })
  }, 60_000)

  afterAll(async () => {
    await box?.close()
    server?.close()
    rmSync(base, { recursive: true, force: true })
  })

  const says = async (command: string) => (await box.run(command)).out

  it('runs as an ordinary user with a name, no capabilities and no new privileges', async () => {
    expect(await says('id -u; id -g; id -un; echo $HOME')).toBe(
      [box.agent.uid, box.agent.gid, box.agent.name, home].join('\n'),
    )
    expect(box.agent.uid).not.toBe(0)
    expect(await says('grep -E "^(Cap|NoNew|Seccomp:)" /proc/self/status | tr -s "\\t" " "')).toBe(
      [
        ...['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((name) => `${name}: 0000000000000000`),
        'NoNewPrivs: 1',
        'Seccomp: 2',
      ].join('\n'),
    )
  })

  it('writes in the work folder, as its owner', async () => {
    expect(await says('pwd; echo new > made; mkdir -p a/b; mv made a/b/made; cat a/b/made README')).toBe(
      `${work}\nnew\nhello`,
    )
    expect(statSync(join(work, 'a/b/made')).uid).toBe(statSync(work).uid)
  })

  it('cannot write to the system, the root or the devices', async () => {
    for (const path of [
      '/usr/x',
      '/etc/x',
      '/x',
      '/dev/x',
      '/var/x',
      '/bin/x',
      '/etc/passwd',
      '/etc/resolv.conf',
    ]) {
      const { out, code } = await box.run(`echo 1 > ${path}`)
      expect([path, code], out).not.toEqual([path, 0])
    }
    expect(
      await says('echo 1 > /tmp/x && echo 1 > ~/x && echo 1 > /dev/shm/x && echo 1 > /run/x && echo fine'),
    ).toBe('fine')
  })

  it('cannot make the system writable, or leave its control group, with namespaces of its own', async () => {
    const out = await says(
      'unshare -Urm sh -c "mount -o remount,rw,bind /usr && touch /usr/x; mount -o remount,rw,bind / && touch /x; umount /usr /etc/passwd; mount -t sysfs s /tmp; ls /tmp/kernel; mount -t cgroup2 c /tmp; mount -t devtmpfs d /tmp"; unshare -UrC --mount sh -c "mount -t cgroup2 c /var/tmp; mkdir /var/tmp/evil; echo 0 > /var/tmp/cgroup.procs" && echo moved; ls /usr/x /x',
    )
    expect(out).not.toContain('moved')
    expect(
      out
        .split('\n')
        .filter(
          (line) =>
            !/denied|not permitted|Read-only|No such|not mounted|must be superuser|cannot|failed|nonexistent/i.test(
              line,
            ),
        ),
    ).toEqual([])
  })

  it('does not see the rest of the home, nor of the disk', async () => {
    const out = await says(
      `ls -A ~ ~/code ~/.ssh; cat ~/.ssh/id_ed25519 ~/.aws/credentials ~/.bash_history ~/code/other/notes; ls ${base}; ls /root /home /srv /mnt /boot`,
    )
    expect(out).not.toContain('PRIVATE')
    expect(out).not.toContain('id_ed25519\n')
    expect(await says('cat ~/.ssh/known_hosts')).toBe('example.com key')
    expect(await says('ls -A ~/code')).toBe('project')
  })

  it('sees settings without their secrets', async () => {
    expect(await says('cat ~/.npmrc')).toBe('registry=https://npm.example.com/')
    expect(await says('git config --global -l')).toBe('user.name=Ada')
    expect(await says('git config --global safe.directory x; git config --global -l')).toBe(
      'user.name=Ada\nsafe.directory=x',
    )
    expect(readFileSync(join(home, '.gitconfig'), 'utf8')).toContain('helper = store')
  })

  it('never sees the recording, nor what the policy hides', async () => {
    const out = await says(
      'ls -la runs keys; cat runs/1/journal.jsonl keys/key; echo x > runs/y; rm -rf runs; mv runs elsewhere; chmod 777 runs',
    )
    expect(out).not.toMatch(/RECORDING|PRIVATE/)
    expect(readFileSync(join(work, 'runs/1/journal.jsonl'), 'utf8')).toBe('RECORDING')
    expect(readdirSync(join(work, 'runs'))).toEqual(['1'])
  })

  it('cannot reach the recording by a new mount, a link or another name', async () => {
    const out = await says(
      `unshare -Urm sh -c "umount ${work}/runs; cat ${work}/runs/1/journal.jsonl; mount --bind ${work} /tmp; cat /tmp/runs/1/journal.jsonl"; cat /proc/1/root${work}/runs/1/journal.jsonl /proc/self/root${work}/runs/1/journal.jsonl; ln -s runs r; cat r/1/journal.jsonl`,
    )
    expect(out).not.toContain('RECORDING')
  })

  it('cannot change hooks of git or the policy', async () => {
    const out = await says(
      'echo evil > .git/hooks/pre-commit; echo evil > .git/hooks/post-commit; mv .git/hooks .git/h; echo evil > policy.yaml; rm -f policy.yaml; mv policy.yaml q; cat policy.yaml',
    )
    expect(out).toMatch(/version: 1$/)
    expect(readFileSync(join(work, '.git/hooks/pre-commit'), 'utf8')).toBe('original')
    expect(readdirSync(join(work, '.git/hooks'))).toEqual(['pre-commit'])
  })

  it('cannot put another folder in the place of one that is read outside', async () => {
    const out = await says(
      'mv .git g; mv deep d; mv deep/er deep/e; rm -rf deep; mkdir -p deep/er/runs; rm -rf .git/hooks; ls -d .git deep/er',
    )
    expect(out).toMatch(/\.git\ndeep\/er$/)
    expect(readdirSync(join(work, 'deep/er/runs'))).toEqual(['journal'])
    expect(readdirSync(work)).not.toContain('g')
    // Git itself works on.
    expect(
      await says(
        'git init -q --template= . && git -c user.name=a -c user.email=a@example.com commit -q --no-verify --allow-empty -m one && git log --format=%s && git checkout -q -b other && git remote add origin https://git.example.com/x && git config remote.origin.url',
      ),
    ).toBe('one\nhttps://git.example.com/x')
  })

  it('changes its copy of an agent’s state, not the original', async () => {
    expect(
      await says(
        'cat ~/.claude/settings.json; echo 2 > ~/.claude/settings.json; ls -A ~/.claude; cat ~/.claude/settings.json',
      ),
    ).toBe('{"a":1}settings.json\n2')
    expect(readFileSync(join(home, '.claude/settings.json'), 'utf8')).toBe('{"a":1}')
    expect(await says('cat ~/.codex/auth.json; echo NEW > ~/.codex/auth.json')).toBe('LOGIN')
    expect(readFileSync(join(home, '.codex/auth.json'), 'utf8')).toBe('NEW\n')
  })

  it('runs programs of the home, but does not change them', async () => {
    expect(
      await says(
        'exec 2>&1; agent; ~/.local/bin/mine; echo evil > ~/.local/bin/mine; rm ~/.tool/bin/agent; ~/.local/bin/mine',
      ),
    ).toMatch(/^agent\nmine\n[\s\S]*mine$/)
    expect(readFileSync(join(home, '.local/bin/mine'), 'utf8')).toContain('echo mine')
    expect(lstatSync(join(home, '.tool/bin/agent')).isSymbolicLink()).toBe(true)
  })

  it('writes where the policy says', async () => {
    await says(`cat ${base}/data/big; echo more > ${base}/data/more`)
    expect(readFileSync(join(base, 'data/more'), 'utf8')).toBe('more\n')
  })

  it('has the files that were made for it', async () => {
    expect(
      await says('cat /run/vigiles/ca.pem; cat /etc/resolv.conf | head -1; head -1 /etc/hosts; hostname'),
    ).toBe('CERTIFICATEnameserver 192.0.2.53\n127.0.0.1\tlocalhost\nsandbox')
  })

  it('sees no secret of /etc, no control group, no process outside', async () => {
    const out = await says(
      'cat /etc/shadow /etc/gshadow /etc/ssh/ssh_host_*_key /etc/sudoers; ls /etc/ssl/private; ls /sys/fs /sys/kernel',
    )
    expect(out).not.toMatch(/\$[0-9y]\$|BEGIN OPENSSH|cgroup/)
    expect(await says('grep -c cgroup /proc/mounts')).toBe('0')
    expect(await says(`ls -d /proc/${process.pid} 2>&1 | grep -c vitest`)).toBe('0')
    expect(await says('ls /proc | grep -c "^[0-9]"')).toMatch(/^\d$/)
  })

  it('cannot turn knobs of the kernel', async () => {
    for (const path of [
      '/proc/sys/kernel/core_pattern',
      '/proc/sysrq-trigger',
      '/proc/sys/net/ipv4/ip_forward',
      '/proc/sys/kernel/hostname',
    ]) {
      expect((await box.run(`echo 1 > ${path}`)).code, path).not.toBe(0)
    }
    expect(await says('head -c 1 /proc/kcore | wc -c; head -c 1 /proc/kmsg | wc -c')).toMatch(/0\n[\s\S]*0$/)
  })

  it('cannot look into, or become part of, the process that holds the sandbox', async () => {
    const out = await says(
      'for p in 1 2; do cat /proc/$p/environ /proc/$p/maps; ls /proc/$p/fd/ /proc/$p/root/; readlink /proc/$p/ns/net; done; nsenter -t 1 -U -m -n true && echo in',
    )
    expect(out).not.toMatch(/\bin$|net:\[/)
    expect(out).toMatch(/Permission denied|Operation not permitted/)
  })

  it('cannot look into another command, which goes on after its own call ended', async () => {
    const pid = await says('(setsid sleep 30 >/dev/null 2>&1 & echo $!)')
    expect(pid).toMatch(/^\d+$/)
    const out = await says(
      `ps -p ${pid} -o args=; cat /proc/${pid}/environ /proc/${pid}/maps; ls /proc/${pid}/fd/; nsenter -t ${pid} -U true && echo in; kill ${pid} && echo killed`,
    )
    expect(out).toMatch(/^sleep 30\n/)
    expect(out).not.toMatch(/HOME=|\bin$|libc/m)
    // One uid: said in the docs. (The two streams of output come in any order.)
    expect(out).toMatch(/^killed$/m)
  })

  it('cannot reach sockets of programs outside', async () => {
    const connect = (path: string) =>
      `node -e 'require("net").connect(process.argv[1]).on("connect", () => { console.log("reached"); process.exit() }).on("error", (e) => console.log(e.code))' ${path}`
    expect(await says(connect('door.sock'))).not.toBe('reached')
    for (const path of [
      '/var/run/docker.sock',
      '/run/dbus/system_bus_socket',
      '/run/systemd/private',
      '/tmp/.X11-unix/X0',
    ]) {
      expect(await says(connect(path))).not.toBe('reached')
    }
  })

  it('does not show what its commands were given in their environment', async () => {
    expect(await says('cat /proc/[0-9]*/cmdline | tr "\\0" " "')).not.toContain('HOME')
  })

  it('leaves nothing mounted and nothing lying on the host', () => {
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain('vigiles')
    if (root) expect(readdirSync('/run').filter((name) => /^vigiles-\d/.test(name))).toEqual([])
  })

  it('lets nested sandboxes run', async () => {
    expect(
      await says(
        'bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp -- sh -c "echo nested; touch /tmp/x"',
      ),
    ).toBe('nested')
  })
})

describe.skipIf(missing !== undefined || !root)('started by root', () => {
  it('runs as the owner of the work folder where that is not root', async () => {
    const base = mkdtempSync(join(tmpdir(), 'sandbox-'))
    const work = join(base, 'work')
    mkdirSync(work)
    chownSync(work, 4321, 4321)
    mkdirSync(join(base, 'home/.local/bin'), { recursive: true, mode: 0o700 })
    writeFileSync(join(base, 'home/.local/bin/mine'), '#!/bin/sh\necho mine', { mode: 0o700 })
    const box = await hold({ workFolder: work, home: join(base, 'home') })
    try {
      expect((await box.run('id -u; touch x; ~/.local/bin/mine; ls -ld /etc/. | wc -l')).out).toBe(
        '4321\nmine\n1',
      )
      expect(statSync(join(work, 'x')).uid).toBe(4321)
    } finally {
      await box.close()
      rmSync(base, { recursive: true, force: true })
    }
  })

  it('works where other file systems are mounted below the work folder', async () => {
    const base = mkdtempSync(join(tmpdir(), 'sandbox-'))
    mkdirSync(join(base, 'work/other'), { recursive: true })
    const { status } = spawnSync('mount', ['-t', 'proc', 'proc', join(base, 'work/other')])
    try {
      const box = await hold({ workFolder: join(base, 'work'), home: '/nonexistent-home' })
      try {
        expect((await box.run('touch x && ls')).out).toBe('other\nx')
        if (status === 0) expect(box.files.notes.join()).toMatch(/mounted below it keeps its owners/)
      } finally {
        await box.close()
      }
    } finally {
      spawnSync('umount', [join(base, 'work/other')])
      rmSync(base, { recursive: true, force: true })
    }
  })

  it('leaves no file behind that would run as root', async () => {
    const base = mkdtempSync(join(tmpdir(), 'sandbox-'))
    const box = await hold({ workFolder: base, home: '/nonexistent-home' })
    try {
      const { out } = await box.run(
        'cp /bin/true t; chmod u+s t; chmod 6755 t; install -m 4755 /bin/true i; ls -l t',
      )
      expect(out).toMatch(/not permitted/)
      for (const name of readdirSync(base)) expect(statSync(join(base, name)).mode & 0o6000).toBe(0)
      expect(statSync(join(base, 't')).uid).toBe(0)
    } finally {
      await box.close()
      rmSync(base, { recursive: true, force: true })
    }
  })
})

describe.skipIf(missing !== undefined)('a socket that the policy names', () => {
  it('is reachable, and only that one', async () => {
    const base = mkdtempSync(join(tmpdir(), 'sandbox-'))
    const folder = mkdtempSync(join(tmpdir(), 'doors-'))
    chmodSync(folder, 0o755)
    mkdirSync(join(base, 'work'))
    // A process of its own: the test must not be the one that answers.
    const open = join(folder, 'open.sock')
    const closed = join(folder, 'closed.sock')
    const listen = `for (const path of process.argv.slice(1)) require('net').createServer((s) => s.end('hello')).listen(path, () => console.log(path))`
    const child = spawn(process.execPath, ['-e', listen, open, closed], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let up = ''
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (bytes) => {
        up += bytes
        if (up.includes(open) && up.includes(closed)) resolve()
      })
    })
    const box = await hold({
      workFolder: join(base, 'work'),
      home: join(base, 'home'),
      filesystem: { write: [folder], read: [], hide: [], sockets: [open] },
    })
    try {
      const ask = (path: string) =>
        `node -e 'require("net").connect(process.argv[1]).on("data", (b) => console.log(String(b))).on("error", (e) => console.log(e.code))' ${path}`
      expect((await box.run(ask(open))).out).toBe('hello')
      expect((await box.run(ask(closed))).out).toMatch(/^E/)
    } finally {
      await box.close()
      child.kill()
      for (const path of [base, folder]) rmSync(path, { recursive: true, force: true })
    }
  })
})

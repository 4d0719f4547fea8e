// Sets up whatever a fresh clone lacks: npm packages, the build and, for the lab, system packages. Plain Node,
// because it runs before anything is installed.
//
//   node tools/bootstrap.mjs [--system] [--browser]

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
const say = (text) => process.stderr.write(`${text}\n`)

/** Debian's name of each package, and a program that shows it is there. */
const systemPackages = [
  ['iproute2', 'ip'],
  ['nftables', 'nft'],
  ['bubblewrap', 'bwrap'],
  ['conntrack', 'conntrack'],
  ['openssh-client', 'ssh'],
  ['openssh-server', 'sshd'],
  ['git', 'git'],
  ['curl', 'curl'],
  ['nmap', 'nmap'],
  ['tcpdump', 'tcpdump'],
  ['util-linux', 'unshare'],
  ['procps', 'ps'],
  ['zstd', 'zstd'],
  ['openssl', 'openssl'],
  ['python3', 'python3'],
  ['socat', 'socat'],
]
/** Tests look at the report in it; Ubuntu's package of that name is a snap and is left out there. */
const browser = ['chromium', 'chromium']

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  say(`Vigiles needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(3)
}

// ^C reaches what we started by itself; we live on to tidy up behind it.
let stopped = 0
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])
  process.on(signal, () => {
    stopped = code
    running?.kill(signal)
  })
let running

const lock = join(root, '.cache', 'set-up.lock')
let locked = false
process.on('exit', () => locked && rmSync(lock, { force: true }))

await installPackages()
await build()
if (process.argv.includes('--system')) await installSystemPackages()
process.exit(0)

/** `npm ci` when node_modules does not stem from this lockfile. */
async function installPackages() {
  const stamp = join(root, 'node_modules', '.vigiles-lock')
  const wanted = hashOf(['package-lock.json'])
  if (isStamped(stamp, wanted)) return
  await takeLock()
  if (isStamped(stamp, wanted)) return
  say('Installing npm packages…')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  // Whatever NODE_ENV says: the build and the tests need the development packages.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund']
  if (!(await run(npm, args, { shell: process.platform === 'win32' }))) {
    say(
      'The npm packages could not be installed. Is the npm registry reachable from here? Then run the command again.',
    )
    process.exit(3)
  }
  writeFileSync(stamp, wanted)
}

/** Compiles when a source has changed since the last build. */
async function build() {
  const stamp = join(root, 'dist', '.vigiles-sources')
  const sources = ['src', 'ui']
    .flatMap((folder) => filesBelow(folder))
    .filter((path) => !path.endsWith('.test.ts'))
  const wanted = hashOf([
    ...sources,
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'tools/build-report.ts',
    'tools/build-ui.ts',
  ])
  if (isStamped(stamp, wanted)) return
  await takeLock()
  if (isStamped(stamp, wanted)) return
  say('Building…')
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  await node([join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'])
  await node(['--import', 'tsx', 'tools/build-report.ts'])
  await node(['--import', 'tsx', 'tools/build-ui.ts'])
  mkdirSync(join(root, 'dist'), { recursive: true })
  chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755)
  writeFileSync(stamp, wanted)
}

function isStamped(stamp, wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
}

/** Two commands at once in one clone: the second waits for the first to set up. */
async function takeLock() {
  if (locked) return
  mkdirSync(join(root, '.cache'), { recursive: true })
  for (let waits = 0; ; waits++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      locked = true
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (!isHeld()) rmSync(lock, { force: true })
    else if (waits === 0) say('Another command is setting up this clone; waiting for it.')
    else if (waits > 1200) {
      say('Another command has been setting up this clone for ten minutes. End it, then run this again.')
      process.exit(3)
    }
    await sleep(500)
    if (stopped) process.exit(stopped)
  }
}

/** Whether the process that wrote the lock still lives; a killed one leaves its lock behind. */
function isHeld() {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    if (pid === 0) return Date.now() - statSync(lock).mtimeMs < 2000 // Being written this moment.
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

async function node(args) {
  // Compilers say on standard output what is wrong.
  if (await run(process.execPath, args, { stdio: ['ignore', 2, 'inherit'] })) return
  say('The build failed; the lines above say where.')
  process.exit(70)
}

/** Whether the program ended well. Ends this one too when it was stopped meanwhile, unless `tidy` says to return. */
async function run(program, args, { tidy = false, ...options } = {}) {
  running = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options })
  const ok = await new Promise((resolve) => {
    running.on('error', () => resolve(false))
    running.on('close', (status) => resolve(status === 0))
  })
  running = undefined
  if (stopped && !tidy) process.exit(stopped)
  return ok
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
    )
    .sort()
}

function hashOf(paths) {
  const hash = createHash('sha256').update(process.version)
  for (const path of paths)
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

/** Installs what the lab, the sandbox and some tests need, as root on Debian or Ubuntu; elsewhere says what is missing. */
async function installSystemPackages() {
  if (process.platform !== 'linux') return
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const ubuntu = /^ID(?:_LIKE)?=.*ubuntu/m.test(release)
  const apt = (/^ID(?:_LIKE)?=.*debian/m.test(release) || ubuntu) && found('apt-get')
  const wanted = process.argv.includes('--browser') && !ubuntu ? [...systemPackages, browser] : systemPackages
  const missing = wanted.filter(([, program]) => !found(program)).map(([name]) => name)
  if (missing.length === 0) return
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  const without = 'Going on without: the demo uses its recording and the tests that need them are skipped.'
  if (process.env.VIGILES_NO_INSTALL === '1')
    return say(`Missing system packages: ${missing.join(' ')}. ${without}`)
  if (!apt)
    return say(`The lab and the sandbox need programs that are not here: ${missing.join(' ')}. ${without}`)
  if (process.getuid?.() !== 0) return say(`For the lab and the sandbox, run as root:\n  ${line}\n${without}`)
  if (process.stdin.isTTY && process.stderr.isTTY) {
    const ask = createInterface({ input: process.stdin, output: process.stderr })
    ask.on('SIGINT', () => process.exit(130))
    const ended = new Promise((resolve) => ask.on('close', () => resolve('n')))
    const question = `The lab and the sandbox need system packages: ${missing.join(' ')}\nInstall them with apt-get? [Y/n] `
    const answer = await Promise.race([ask.question(question), ended])
    ask.close()
    if (/^n/i.test(answer.trim())) return say(without)
  }
  await takeLock()
  say(`Installing system packages: ${missing.join(' ')}`)
  if (!(await aptInstall(missing))) say(`They could not be installed. By hand:\n  ${line}\n${without}`)
}

/** Services of the packages are kept from starting: a demo must not leave an ssh server behind. */
async function aptInstall(names) {
  const policy = '/usr/sbin/policy-rc.d'
  const text = '#!/bin/sh\n# Put here by vigiles while it installs packages.\nexit 101\n'
  // One of our own may stand there still, if the machine went down in the middle.
  const own = !existsSync(policy) || readFileSync(policy, 'utf8') === text
  const apt = (args) =>
    run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      tidy: true,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  const install = () => apt(['install', '-y', '--no-install-recommends', ...names])
  try {
    if (own) {
      writeFileSync(policy, text)
      chmodSync(policy, 0o755)
    }
    const listed = existsSync('/var/lib/apt/lists') && readdirSync('/var/lib/apt/lists').length > 3
    return (listed && (await install())) || (!stopped && (await apt(['update'])) && (await install()))
  } catch {
    return false // A read-only system, most likely.
  } finally {
    if (own) rmSync(policy, { force: true })
    if (stopped) process.exit(stopped)
  }
}

function found(program) {
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':')
  return folders.some((folder) => {
    try {
      return folder !== '' && statSync(join(folder, program)).isFile()
    } catch {
      return false
    }
  })
}

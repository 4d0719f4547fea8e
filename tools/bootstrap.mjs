// Sets up whatever a fresh clone lacks: npm packages, the build and, for the lab, system packages. Plain Node,
// because it runs before anything is installed.
//
//   node tools/bootstrap.mjs [--system]

import { spawnSync } from 'node:child_process'
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
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
const say = (text) => process.stderr.write(`${text}\n`)

/** Debian's name of each package, and a program that shows it is there. */
const systemPackages = [
  ['iproute2', 'ip'],
  ['nftables', 'nft'],
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
  // Tests look at the report in it; Ubuntu's package of that name is a snap and is left out there.
  ['chromium', 'chromium'],
]

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  say(`Vigiles needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(3)
}
installPackages()
build()
if (process.argv.includes('--system')) await installSystemPackages()

/** `npm ci` when node_modules does not stem from this lockfile. */
function installPackages() {
  const stamp = join(root, 'node_modules', '.vigiles-lock')
  const wanted = hashOf(['package-lock.json'])
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('Installing npm packages…')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { status } = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    say(
      'The npm packages could not be installed. Is the npm registry reachable from here? Then run the command again.',
    )
    process.exit(3)
  }
  writeFileSync(stamp, wanted)
}

/** Compiles when a source has changed since the last build. */
function build() {
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
  ])
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('Building…')
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  run([join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'])
  run(['--import', 'tsx', 'tools/build-report.ts'])
  mkdirSync(join(root, 'dist'), { recursive: true })
  chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755)
  writeFileSync(stamp, wanted)
}

function run(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status === 0) return
  say('The build failed; the lines above say where.')
  process.exit(70)
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

/** Installs what the lab and some tests need, as root on Debian or Ubuntu; elsewhere says what is missing. */
async function installSystemPackages() {
  if (process.platform !== 'linux') return
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const ubuntu = /^ID=ubuntu$/m.test(release)
  const apt =
    (/^ID=debian$/m.test(release) || ubuntu || /^ID_LIKE=.*debian/m.test(release)) && found('apt-get')
  const missing = systemPackages
    .filter(([name, program]) => !found(program) && !(ubuntu && name === 'chromium'))
    .map(([name]) => name)
  if (missing.length === 0) return
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  const without = 'Going on without: the demo uses its recording and the tests that need them are skipped.'
  if (process.env.VIGILES_NO_INSTALL === '1')
    return say(`Missing system packages: ${missing.join(' ')}. ${without}`)
  if (!apt) return say(`The lab needs programs that are not here: ${missing.join(' ')}. ${without}`)
  if (process.getuid?.() !== 0) return say(`For the lab, run as root:\n  ${line}\n${without}`)
  if (process.stdin.isTTY && process.stderr.isTTY) {
    const ask = createInterface({ input: process.stdin, output: process.stderr })
    const answer = await ask.question(
      `The lab needs system packages: ${missing.join(' ')}\nInstall them with apt-get? [Y/n] `,
    )
    ask.close()
    if (/^n/i.test(answer.trim())) return say(without)
  }
  say(`Installing system packages: ${missing.join(' ')}`)
  if (!aptInstall(missing)) say(`They could not be installed. By hand:\n  ${line}\n${without}`)
}

/** Services of the packages are kept from starting: a demo must not leave an ssh server behind. */
function aptInstall(names) {
  const policy = '/usr/sbin/policy-rc.d'
  const own = !existsSync(policy)
  if (own) {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n')
    chmodSync(policy, 0o755)
  }
  const apt = (args) =>
    spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0
  try {
    const install = () => apt(['install', '-y', '--no-install-recommends', ...names])
    const listed = existsSync('/var/lib/apt/lists') && readdirSync('/var/lib/apt/lists').length > 3
    return (listed && install()) || (apt(['update']) && install())
  } finally {
    if (own) rmSync(policy, { force: true })
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

// Where well-known programs go when their command line names no host.

import type { Invocation } from './parse.ts'

export interface ToolHost {
  readonly name: string
  readonly strength: number
}

const pip = ['pypi.org', 'files.pythonhosted.org']
const npm = ['registry.npmjs.org']
const apt = [
  'deb.debian.org',
  'security.debian.org',
  'archive.ubuntu.com',
  'security.ubuntu.com',
  'ports.ubuntu.com',
]
const docker = ['registry-1.docker.io', 'auth.docker.io', 'production.cloudflare.docker.com', 'docker.io']
const cargo = ['index.crates.io', 'static.crates.io', 'crates.io']
const go = ['proxy.golang.org', 'sum.golang.org']
const conda = ['conda.anaconda.org', 'repo.anaconda.com']
const hub = ['huggingface.co', 'cdn-lfs.huggingface.co', 'cas-bridge.xethub.hf.co']
const azure = ['management.azure.com', 'login.microsoftonline.com']

/** Verbs that reach the network, and where to; `*` = always. */
const byProgram: Readonly<Record<string, readonly { verbs: string; hosts: readonly string[] }[]>> = {
  pip: [{ verbs: 'install download wheel index search', hosts: pip }],
  uv: [{ verbs: 'add sync lock run pip tool venv python', hosts: pip }],
  uvx: [{ verbs: '*', hosts: pip }],
  pipx: [{ verbs: 'install run upgrade', hosts: pip }],
  poetry: [{ verbs: 'install add update lock publish', hosts: pip }],
  pipenv: [{ verbs: 'install sync update lock', hosts: pip }],
  pdm: [{ verbs: 'install add sync update lock', hosts: pip }],
  twine: [{ verbs: 'upload', hosts: ['upload.pypi.org', 'pypi.org'] }],
  npm: [{ verbs: 'install i ci add update exec x audit view info publish outdated create init', hosts: npm }],
  npx: [{ verbs: '*', hosts: npm }],
  pnpm: [{ verbs: 'install i add update dlx create', hosts: npm }],
  yarn: [{ verbs: '* install add upgrade dlx', hosts: ['registry.yarnpkg.com', ...npm] }],
  bun: [{ verbs: 'install add update create', hosts: npm }],
  bunx: [{ verbs: '*', hosts: npm }],
  'apt-get': [{ verbs: 'update install upgrade dist-upgrade download source build-dep', hosts: apt }],
  apt: [{ verbs: 'update install upgrade full-upgrade download source build-dep', hosts: apt }],
  aptitude: [{ verbs: 'update install upgrade', hosts: apt }],
  apk: [{ verbs: 'add update upgrade fetch', hosts: ['dl-cdn.alpinelinux.org'] }],
  yum: [{ verbs: 'install update makecache', hosts: ['mirrorlist.centos.org', 'mirrors.fedoraproject.org'] }],
  dnf: [{ verbs: 'install update upgrade makecache', hosts: ['mirrors.fedoraproject.org'] }],
  brew: [{ verbs: 'install update upgrade fetch', hosts: ['formulae.brew.sh', 'ghcr.io'] }],
  cargo: [{ verbs: 'build test run check add install update fetch publish clippy bench doc', hosts: cargo }],
  rustup: [{ verbs: '*', hosts: ['static.rust-lang.org'] }],
  go: [{ verbs: 'get mod install build test run', hosts: go }],
  gem: [{ verbs: 'install update fetch', hosts: ['rubygems.org', 'index.rubygems.org'] }],
  bundle: [{ verbs: '* install update', hosts: ['rubygems.org', 'index.rubygems.org'] }],
  composer: [{ verbs: 'install require update', hosts: ['repo.packagist.org', 'packagist.org'] }],
  mvn: [{ verbs: '*', hosts: ['repo.maven.apache.org', 'repo1.maven.org'] }],
  gradle: [{ verbs: '*', hosts: ['repo.maven.apache.org', 'plugins.gradle.org', 'services.gradle.org'] }],
  gradlew: [{ verbs: '*', hosts: ['repo.maven.apache.org', 'plugins.gradle.org', 'services.gradle.org'] }],
  conda: [{ verbs: 'install create update env', hosts: conda }],
  mamba: [{ verbs: 'install create update env', hosts: conda }],
  micromamba: [{ verbs: 'install create update env', hosts: conda }],
  docker: [{ verbs: 'pull push build run login compose', hosts: docker }],
  podman: [{ verbs: 'pull push build run login', hosts: docker }],
  'huggingface-cli': [{ verbs: '*', hosts: hub }],
  hf: [{ verbs: '*', hosts: hub }],
  wandb: [{ verbs: '*', hosts: ['api.wandb.ai'] }],
  modal: [{ verbs: '*', hosts: ['api.modal.com'] }],
  vastai: [{ verbs: '*', hosts: ['console.vast.ai', 'api.vast.ai'] }],
  runpodctl: [{ verbs: '*', hosts: ['api.runpod.io', 'rest.runpod.io'] }],
  az: [{ verbs: '*', hosts: azure }],
  gh: [{ verbs: '*', hosts: ['api.github.com', 'github.com'] }],
  glab: [{ verbs: '*', hosts: ['gitlab.com'] }],
  ngrok: [{ verbs: '*', hosts: ['connect.ngrok-agent.com', 'tunnel.ngrok.com'] }],
  cloudflared: [
    {
      verbs: '*',
      hosts: ['api.trycloudflare.com', 'region1.v2.argotunnel.com', 'region2.v2.argotunnel.com'],
    },
  ],
  localtunnel: [{ verbs: '*', hosts: ['localtunnel.me', 'loca.lt'] }],
  lt: [{ verbs: '*', hosts: ['localtunnel.me', 'loca.lt'] }],
  tailscale: [{ verbs: 'up login', hosts: ['controlplane.tailscale.com', 'login.tailscale.com'] }],
  tailscaled: [{ verbs: '*', hosts: ['controlplane.tailscale.com'] }],
  nltk: [{ verbs: '*', hosts: ['raw.githubusercontent.com'] }],
  playwright: [{ verbs: 'install', hosts: ['playwright.azureedge.net', 'cdn.playwright.dev'] }],
}

const remoteGit = new Set(['clone', 'fetch', 'pull', 'push', 'ls-remote', 'submodule', 'remote', 'lfs'])

/** The programs that {@link toolHosts} or targets.ts read closely; a scan looks for these words. */
export const toolWords: ReadonlySet<string> = new Set([
  ...Object.keys(byProgram),
  ...['pip3', 'git', 'aws', 'gcloud', 'gsutil', 'aliyun', 'ossutil', 'kubectl'],
  ...['ssh', 'scp', 'sftp', 'rsync', 'autossh', 'nc', 'ncat', 'netcat', 'telnet', 'socat', 'ping', 'dig'],
  ...['nslookup', 'host', 'curl', 'wget', 'nmap', 'masscan', 'traceroute', 'openssl', 'mosh', 'ftp', 'lftp'],
  ...['whois', 'psql', 'mysql', 'redis-cli', 'mongo', 'mongosh', 'ldapsearch', 'smbclient', 'http', 'xh'],
])

/** Hosts that `invocation` reaches by default. Empty when the program is not known or stays at home. */
export function toolHosts(invocation: Invocation): ToolHost[] {
  const { argv } = invocation
  let program = invocation.program
  let words = argv.slice(1)
  if (/^pip\d?(?:\.\d+)?$/.test(program)) program = 'pip'
  if (/^python[\d.]*$/.test(program)) {
    const module = words.indexOf('-m')
    if (module < 0 || words[module + 1] !== 'pip') return []
    program = 'pip'
    words = words.slice(module + 2)
  }
  if (program === 'git') {
    const verb = firstWord(words)
    // The remote is in the repository's configuration; most are here.
    return verb !== undefined &&
      remoteGit.has(verb) &&
      !words.some((w) => w.includes('://') || /^\S+@\S+:/.test(w))
      ? weak(['github.com', 'gitlab.com'], 0.3)
      : []
  }
  if (program === 'aws') return aws(invocation, words)
  if (program === 'gcloud' || program === 'gsutil') return gcloud(program, words)
  if (program === 'aliyun' || program === 'ossutil') return aliyun(program, words)
  if (!Object.hasOwn(byProgram, program)) return []
  const verb = firstWord(words)
  for (const { verbs, hosts } of byProgram[program]!) {
    const list = verbs.split(' ')
    const verbMatches =
      list[0] === '*' ? list.length === 1 || verb === undefined || list.includes(verb) : false
    if (verbMatches || (verb !== undefined && list.includes(verb))) {
      // An index of its own is named in the text and found there.
      const other = words.some((w) => /^(?:-i|--index-url|--registry|--no-index|--offline)/.test(w))
      return weak(hosts, other ? 0.2 : program === 'docker' ? 0.4 : 0.5)
    }
  }
  return []
}

function firstWord(words: readonly string[]): string | undefined {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (/^(?:-C|-c|--prefix|--cwd|--directory|-p)$/.test(word)) i++
    else if (!word.startsWith('-')) return word
  }
  return undefined
}

function weak(names: readonly string[], strength: number): ToolHost[] {
  return names.map((name) => ({ name, strength }))
}

function optionValue(words: readonly string[], option: string): string | undefined {
  const at = words.findIndex((word) => word === option || word.startsWith(`${option}=`))
  if (at < 0) return undefined
  const word = words[at]!
  const value = word === option ? words[at + 1] : word.slice(option.length + 1)
  return value !== undefined && /^[\w-]{1,64}$/.test(value) ? value : undefined
}

/** `aws [--region r] ec2 run-instances`: `ec2.r.amazonaws.com`. */
function aws(invocation: Invocation, words: readonly string[]): ToolHost[] {
  const valued = new Set(['--region', '--profile', '--output', '--query', '--endpoint-url', '--color'])
  let service: string | undefined
  for (let i = 0; i < words.length; i++) {
    if (valued.has(words[i]!)) i++
    else if (!words[i]!.startsWith('-')) {
      service = words[i]!
      break
    }
  }
  if (service === undefined || !/^[a-z][a-z0-9-]{1,40}$/.test(service) || service === 'configure') return []
  const host = service === 's3api' ? 's3' : service === 'cloudwatch' ? 'monitoring' : service
  const env = new Map(invocation.env)
  const region =
    optionValue(words, '--region') ?? env.get('AWS_REGION') ?? env.get('AWS_DEFAULT_REGION') ?? undefined
  return region === undefined || !/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(region)
    ? weak([`${host}.us-east-1.amazonaws.com`, `${host}.amazonaws.com`, 'amazonaws.com'], 0.4)
    : weak([`${host}.${region}.amazonaws.com`, 'amazonaws.com'], 0.7)
}

const gcloudApis: Readonly<Record<string, string>> = {
  compute: 'compute',
  container: 'container',
  ai: 'aiplatform',
  'ai-platform': 'ml',
  notebooks: 'notebooks',
  workbench: 'notebooks',
  run: 'run',
  functions: 'cloudfunctions',
  storage: 'storage',
  iam: 'iam',
  projects: 'cloudresourcemanager',
  secrets: 'secretmanager',
  sql: 'sqladmin',
  builds: 'cloudbuild',
  batch: 'batch',
}

function gcloud(program: string, words: readonly string[]): ToolHost[] {
  if (program === 'gsutil') return weak(['storage.googleapis.com', 'oauth2.googleapis.com'], 0.7)
  const group = words.find((word) => !word.startsWith('-') && word !== 'alpha' && word !== 'beta')
  const api =
    group === undefined ? undefined : Object.hasOwn(gcloudApis, group) ? gcloudApis[group] : undefined
  const tpu = words.includes('tpus') ? ['tpu.googleapis.com'] : []
  return weak(
    [
      ...(api === undefined ? [] : [`${api}.googleapis.com`]),
      ...tpu,
      'oauth2.googleapis.com',
      'googleapis.com',
    ],
    0.6,
  )
}

function aliyun(program: string, words: readonly string[]): ToolHost[] {
  if (program === 'ossutil') return weak(['oss.aliyuncs.com', 'aliyuncs.com'], 0.5)
  const service = words.find((word) => !word.startsWith('-'))
  if (service === undefined || !/^[a-z][a-z-]{1,30}$/.test(service)) return []
  const region = optionValue(words, '--RegionId') ?? optionValue(words, '--region')
  return weak(
    [
      ...(region === undefined ? [] : [`${service}.${region}.aliyuncs.com`]),
      `${service}.aliyuncs.com`,
      'aliyuncs.com',
    ],
    0.6,
  )
}

// Which variables of the user's environment the agent gets: those that name no secret, no socket and no proxy.

/** Kept; a star at the end stands for any ending. */
const kept = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'TZ',
  'TERM',
  'COLORTERM',
  'TERM_PROGRAM',
  'TERM_PROGRAM_VERSION',
  'COLUMNS',
  'LINES',
  'NO_COLOR',
  'FORCE_COLOR',
  'CLICOLOR',
  'CLICOLOR_FORCE',
  'EDITOR',
  'VISUAL',
  'PAGER',
  'CI',
  'DEBIAN_FRONTEND',
  'NODE_ENV',
  'NODE_VERSION',
  'NVM_*',
  'FNM_*',
  'VOLTA_HOME',
  'PNPM_HOME',
  'BUN_INSTALL',
  'DENO_INSTALL',
  'CARGO_HOME',
  'RUSTUP_HOME',
  'RUSTUP_TOOLCHAIN',
  'GOPATH',
  'GOROOT',
  'GOFLAGS',
  'GOTOOLCHAIN',
  'JAVA_HOME',
  'MAVEN_HOME',
  'GRADLE_HOME',
  'PYENV_*',
  'PYTHONUNBUFFERED',
  'PYTHONDONTWRITEBYTECODE',
  'PYTHONIOENCODING',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'CONDA_DEFAULT_ENV',
  'CUDA_*',
  'NVIDIA_*',
  'LD_LIBRARY_PATH',
  'OMP_NUM_THREADS',
  'GIT_AUTHOR_*',
  'GIT_COMMITTER_*',
]

/** Named by a kept pattern and a secret all the same (`NVM_AUTH_HEADER`). */
const secret =
  /(?:^|_)(?:TOKEN|KEY|KEYS|SECRET|SECRETS|PASSWORD|PASSWD|PASS|AUTH|AUTH_HEADER|CREDENTIALS?|COOKIE|SESSION|SOCK|SOCKET)(?:$|_)/

const valueBytesMax = 131_072

export interface EnvironmentOptions {
  /** Names that the agent's preset passes through though they are secrets: the key of its own model API. */
  readonly pass?: readonly string[]
  /** Set for this run, after all else. */
  readonly set?: Readonly<Record<string, string>>
  readonly home: string
  readonly user: string
}

/** Only what is listed gets through: the next name for a secret is not known yet. */
export function sandboxEnvironment(
  host: Readonly<Record<string, string | undefined>>,
  { pass = [], set = {}, home, user }: EnvironmentOptions,
): Record<string, string> {
  const named = new Set(pass)
  const out = new Map<string, string>()
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || value.length > valueBytesMax || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      continue
    if (named.has(name) || (isKept(name) && !secret.test(name))) out.set(name, value)
  }
  out.set('HOME', home)
  out.set('USER', user)
  out.set('LOGNAME', user)
  out.set('TMPDIR', '/tmp')
  if (!out.has('PATH')) out.set('PATH', '/usr/local/bin:/usr/bin:/bin')
  if (!out.has('LANG')) out.set('LANG', 'C.UTF-8')
  // Vigiles's own words to itself are for itself, whoever passes them.
  for (const name of out.keys()) if (name.startsWith('VIGILES_')) out.delete(name)
  for (const [name, value] of Object.entries(set)) out.set(name, value)
  return Object.fromEntries(out)
}

function isKept(name: string): boolean {
  return kept.some((known) => (known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : name === known))
}

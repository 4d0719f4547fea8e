// What of a home is seen inside: toolchains and settings without secrets. The rest of the home is empty and new.

import { posix } from 'node:path'
import { hideSecrets } from '../base/secrets.ts'
import type { HostView, MountStep } from './mount-plan.ts'

/** Programs and what they need to run; read-only. */
const toolchains = [
  '.nvm',
  '.fnm',
  '.volta',
  '.n',
  '.npm-global',
  '.local/bin',
  '.local/lib',
  '.local/pipx',
  '.local/share/pnpm',
  '.local/share/uv',
  '.local/share/fnm',
  '.local/share/mise',
  '.local/share/rtx',
  '.local/share/pipx',
  '.local/share/claude',
  '.config/fnm',
  '.config/mise',
  '.bun/bin',
  '.bun/install/global',
  '.deno/bin',
  '.cargo/bin',
  '.cargo/env',
  '.rustup',
  '.pyenv',
  '.rye',
  '.rbenv',
  '.asdf',
  '.sdkman',
  '.opencode/bin',
  '.ghcup/bin',
  '.nix-profile',
  '.dotnet',
  'go/bin',
  'go/pkg/mod',
  'miniconda3',
  'miniforge3',
  'anaconda3',
  '.config/git/ignore',
  '.config/git/attributes',
  '.gitignore_global',
] as const

/** Settings that are of use inside once the lines with secrets are gone. */
const settings: Readonly<Record<string, (line: string) => boolean>> = {
  '.gitconfig': gitLine,
  '.config/git/config': gitLine,
  '.npmrc': npmLine,
  '.yarnrc': npmLine,
  '.config/pip/pip.conf': () => true,
  '.pip/pip.conf': () => true,
}

/** Hidden where a policy or the work folder shows the home or a part of it; a policy can still name one of them. */
export const homeSecrets = [
  '.ssh',
  '.gnupg',
  '.pki',
  '.aws',
  '.azure',
  '.config/gcloud',
  '.aliyun',
  '.oci',
  '.kube',
  '.docker',
  '.config/containers',
  '.terraform.d',
  '.config/gh',
  '.config/glab-cli',
  '.config/hub',
  '.config/op',
  '.config/rclone',
  '.config/doctl',
  '.config/helm',
  '.config/sops',
  '.vault-token',
  '.netrc',
  '.git-credentials',
  '.config/git/credentials',
  '.pypirc',
  '.npmrc',
  '.yarnrc.yml',
  '.pgpass',
  '.my.cnf',
  '.m2/settings.xml',
  '.m2/settings-security.xml',
  '.gradle/gradle.properties',
  '.cargo/credentials',
  '.cargo/credentials.toml',
  '.gem/credentials',
  '.composer/auth.json',
  '.config/composer/auth.json',
  '.nuget/NuGet',
  '.huggingface',
  '.cache/huggingface/token',
  '.cache/huggingface/stored_tokens',
  '.kaggle',
  '.wandb',
  '.password-store',
  '.local/share/keyrings',
  '.mozilla',
  '.thunderbird',
  '.config/google-chrome',
  '.config/chromium',
  '.config/BraveSoftware',
  '.config/microsoft-edge',
  '.config/Code',
  '.config/Cursor',
  '.bash_history',
  '.zsh_history',
  '.zhistory',
  '.local/share/fish/fish_history',
  '.python_history',
  '.node_repl_history',
  '.psql_history',
  '.mysql_history',
  '.sqlite_history',
  '.lesshst',
  '.viminfo',
] as const

/** What agent CLIs keep of other projects, below their own folder: conversations and what was pasted into them. */
const otherProjects: Readonly<Record<string, readonly string[]>> = {
  '.claude': [
    'projects',
    'history.jsonl',
    'file-history',
    'shell-snapshots',
    'todos',
    'paste-cache',
    'debug',
    'statsig',
    'telemetry',
    'local',
  ],
  '.codex': ['sessions', 'archived_sessions', 'history.jsonl', 'log', 'shell_snapshots'],
  '.gemini': ['tmp', 'history'],
  '.qwen': ['tmp', 'projects', 'history'],
  opencode: ['storage', 'snapshot', 'log', 'project'],
}

export function stateExceptions(path: string): readonly string[] {
  const name = posix.basename(path)
  return Object.hasOwn(otherProjects, name) ? otherProjects[name]! : []
}

/** Toolchains that exist below `home`. */
export function toolchainSteps(host: HostView, home: string): MountStep[] {
  return toolchains
    .map((name) => posix.join(home, name))
    .filter((path) => host.kind(path) === 'folder' || host.kind(path) === 'file')
    .map((path) => ({ kind: 'bind', source: path, target: path, write: false, asOwner: true }))
}

/**
 * Settings without secrets, which programs inside may change: `git config --global` puts a new file in the place of the
 * old, which can't be done to a mount. So they lie in a folder, and links lead there.
 */
export function settingSteps(host: HostView, home: string): MountStep[] {
  const files = new Map<string, string>()
  const links: MountStep[] = []
  const folder = posix.join(home, '.vigiles')
  for (const [name, keeps] of Object.entries(settings)) {
    const path = posix.join(home, name)
    const text = host.kind(path) === 'file' ? host.text(path) : undefined
    if (text === undefined) continue
    const file = name.replaceAll('/', '-').replace(/^\./, '')
    files.set(file, withoutSecrets(text, keeps))
    links.push({ kind: 'link', target: path, to: posix.join(folder, file) })
  }
  return files.size === 0 ? [] : [{ kind: 'folder', target: folder, files }, ...links]
}

/** Whole lines go: half of a setting helps nobody. */
function withoutSecrets(text: string, keeps: (line: string) => boolean): string {
  return text
    .split('\n')
    .filter((line) => keeps(line) && hideSecrets(line, () => '[secret:0000000000]') === line)
    .filter((line) => !/:\/\/[^/\s]*@/.test(line))
    .join('\n')
}

/** Helpers and keys for signing are outside: commits would fail for want of them. */
function gitLine(line: string): boolean {
  return !/^\s*(?:helper|extraheader|cookiefile|sslkey|sslcert|gpgsign|signingkey|askpass|sshcommand|fsmonitor)\b/i.test(
    line,
  )
}

function npmLine(line: string): boolean {
  return !/^\s*(?:\/\/|.*(?:_auth|_password|token|username|email|certfile|keyfile)\b|(?:key|cert)\s*=)/i.test(
    line,
  )
}

// Sorts calls into few classes that differ in how soon and how often they touch the network.

import { toolWords } from './tool-map.ts'

export type ToolClass =
  | 'git'
  | 'pip'
  | 'npm'
  | 'apt'
  | 'build'
  | 'curl'
  | 'ssh'
  | 'scan'
  | 'python'
  | 'node'
  | 'test'
  | 'container'
  | 'cloud'
  | 'cluster'
  | 'background'
  | 'edit'
  | 'read'
  | 'search'
  | 'browse'
  | 'agent'
  | 'shell-local'
  | 'shell-other'
  | 'other'

const classes: readonly (readonly [ToolClass, string])[] = [
  ['git', 'git gh glab hub svn hg'],
  ['pip', 'pip pip3 uv uvx poetry pipenv pdm conda mamba micromamba pipx'],
  ['npm', 'npm npx pnpm yarn bun bunx corepack'],
  ['apt', 'apt apt-get aptitude apk yum dnf brew dpkg gem'],
  ['build', 'make cmake gcc g++ clang cargo go rustc mvn gradle gradlew javac tsc webpack vite ninja bazel'],
  ['curl', 'curl wget http xh aria2c axel lynx'],
  ['ssh', 'ssh scp sftp rsync autossh mosh'],
  [
    'scan',
    'nmap masscan zmap nc ncat netcat telnet socat ping traceroute dig nslookup host hping3 naabu rustscan',
  ],
  ['test', 'pytest jest vitest mocha tox nox unittest ctest rspec phpunit'],
  ['python', 'python python2 python3 pypy pypy3 ipython jupyter torchrun accelerate'],
  ['node', 'node nodejs deno tsx ts-node'],
  ['container', 'docker podman nerdctl docker-compose buildah singularity apptainer'],
  ['cloud', 'aws gcloud gsutil az aliyun ossutil terraform pulumi modal vastai runpodctl'],
  ['cluster', 'kubectl helm sbatch srun salloc squeue ray'],
  ['background', 'nohup setsid tmux screen systemd-run crontab at'],
]

const byProgram = new Map<string, ToolClass>(
  classes.flatMap(([name, programs]) => programs.split(' ').map((program) => [program, name] as const)),
)
/** How telling a class is when one command runs several programs; highest wins. */
const rank: Readonly<Record<string, number>> = {
  ssh: 9,
  scan: 9,
  cloud: 8,
  curl: 8,
  pip: 8,
  npm: 8,
  apt: 8,
  container: 7,
  cluster: 7,
  git: 6,
  background: 5,
  build: 4,
  test: 5,
  python: 3,
  node: 3,
}

const local = new Set(
  'ls cd cat head tail grep rg sed awk find echo pwd wc sort uniq diff mkdir rm cp mv touch chmod chown ln tree file stat which du df ps env export printf tee true test ['.split(
    ' ',
  ),
)

const gitRemote = /\bgit\s+(?:-\S+\s+(?:\S+\s+)?)?(?:clone|fetch|pull|push|ls-remote|submodule|remote)\b/

/** One of at most 24 classes; `name` is the tool's, `command` its shell text or its arguments as JSON. */
export function toolClass(name: string, command: string): ToolClass {
  const first = command.charCodeAt(0)
  if (first === 123 || first === 91) {
    const byName = classOfName(name)
    if (byName) return byName
    const shell = /"(?:command|cmd|script|keystrokes)"\s{0,4}:\s{0,4}\[?"/.exec(command)
    if (!shell) return 'other'
    return toolClass(
      '',
      command
        .slice(shell.index + shell[0].length, shell.index + shell[0].length + 4_096)
        .replaceAll('\\n', '\n'),
    )
  }
  if (/python|jupyter|ipython|notebook/i.test(name) && !toolWords.has(firstProgram(command))) return 'python'
  let best: ToolClass = 'shell-other'
  let bestRank = -1
  let onlyLocal = true
  let n = 0
  for (const match of command
    .slice(0, 4_096)
    .matchAll(
      /(?:^|[\n;|&(`]|\$\()\s{0,64}((?:[A-Za-z_]\w{0,63}=\S{0,256}\s+)*)([\w./+[-]+)([^\n;|&]{0,200})/g,
    )) {
    if (++n > 24) break
    let program = base(match[2]!)
    if (
      /^(?:sudo|env|time|timeout|nice|exec|command|do|then|else|bash|sh|xargs|stdbuf|proxychains4?)$/.test(
        program,
      )
    ) {
      const next = /(?:^|\s)(?:[A-Za-z_]\w{0,63}=\S{0,256}\s+)*([a-z][\w+-]{1,31})(?=\s|$)/.exec(
        match[3]!.replace(/\s-\S+(?:\s+\d\S*)?|\s\d\S*/g, ' '),
      )
      program = next ? next[1]! : program
    }
    const found = byProgram.get(program) ?? byProgram.get(program.replace(/[\d.]+$/, ''))
    if (!found) {
      if (!local.has(program)) onlyLocal = false
      continue
    }
    onlyLocal = false
    let result: ToolClass = found
    if (found === 'python' && /\s-m\s+pytest\b|\s-m\s+unittest\b/.test(match[3]!)) result = 'test'
    else if (found === 'python' && /\s-m\s+pip\b/.test(match[3]!)) result = 'pip'
    else if (found === 'git' && program === 'git' && !gitRemote.test(`git${match[3]}`)) result = 'shell-local'
    const r = rank[result] ?? 1
    if (r > bestRank) {
      best = result
      bestRank = r
    }
  }
  if (bestRank >= 0) return best
  return onlyLocal && n > 0 ? 'shell-local' : 'shell-other'
}

function classOfName(name: string): ToolClass | undefined {
  const lower = name.toLowerCase()
  if (/fetch|browse|navigat|click|http|url|web_?page|screenshot|goto/.test(lower)) return 'browse'
  if (/web_?search|search_?web|google|bing|tavily/.test(lower)) return 'browse'
  if (/python|jupyter|notebook|code_?interp|execute_code|run_code/.test(lower)) return 'python'
  if (/edit|write|patch|replace|insert|create_file|str_replace/.test(lower)) return 'edit'
  if (/grep|glob|search|find|ripgrep/.test(lower)) return 'search'
  if (/read|view|cat|open_file|list_dir|^ls$/.test(lower)) return 'read'
  if (/^task$|agent|delegate|todo|think|finish|plan/.test(lower)) return 'agent'
  return undefined
}

function firstProgram(command: string): string {
  return base(/^\s{0,64}([\w./+-]+)/.exec(command)?.[1] ?? '')
}

function base(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

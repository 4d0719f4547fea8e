// Programs that run the rest of their command line: `sudo -u x cmd`, `timeout 5 cmd`, `tmux new -d 'cmd'`…

/** What a wrapper runs: words, or text for a shell. `keep` = the wrapper itself is worth reporting too. */
export interface Unwrapped {
  readonly argv?: readonly string[]
  readonly text?: string
  readonly keep?: boolean
  readonly background?: boolean
}

interface Wrapper {
  /** Options that take a value as the next word. */
  readonly valued?: string
  /** Words to leave out before the command: a duration, a container, a lock file. */
  readonly positional?: number
  readonly keep?: boolean
  readonly background?: boolean
  /** The command must follow one of these words: `docker exec`, `poetry run`. */
  readonly verbs?: readonly string[]
  /** These options carry shell text as their value. */
  readonly textOptions?: readonly string[]
  /** All words after the options, joined, are shell text (`watch`, `eval`-like). */
  readonly joined?: boolean
}

const container = {
  valued:
    '-e --env --env-file -u --user -w --workdir -v --volume -p --publish --name --network --net -m --memory --cpus --gpus --entrypoint -l --label --mount --hostname -h --add-host --dns --ulimit --shm-size --runtime --restart --platform --device --cap-add --cap-drop --security-opt --ipc --pid --userns --log-driver --pull -c --context -H --host',
  positional: 1,
  keep: true,
  verbs: ['exec', 'run'],
} as const

/** Keyed by the program's base name. */
const wrappers: Readonly<Record<string, Wrapper>> = {
  sudo: { valued: '-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir' },
  doas: { valued: '-u -C' },
  env: { valued: '-u -C --unset --chdir', textOptions: ['-S', '--split-string'] },
  nohup: { background: true },
  setsid: { background: true },
  nice: { valued: '-n --adjustment' },
  ionice: { valued: '-c -n -p --class --classdata' },
  chrt: { positional: 1 },
  taskset: { positional: 1 },
  numactl: { valued: '-N -m -C --cpunodebind --membind --physcpubind' },
  timeout: { valued: '-s -k --signal --kill-after', positional: 1 },
  gtimeout: { valued: '-s -k --signal --kill-after', positional: 1 },
  time: { valued: '-f -o' },
  stdbuf: { valued: '-i -o -e' },
  unbuffer: {},
  xargs: { valued: '-I -n -P -L -d -a -s -E --max-args --max-procs --delimiter --arg-file' },
  parallel: { valued: '-j --jobs -a --arg-file' },
  proxychains: { valued: '-f' },
  proxychains4: { valued: '-f' },
  torsocks: {},
  torify: {},
  sshpass: { valued: '-p -f -d -P' },
  unshare: { valued: '-S -G --map-user --map-group --root --wd' },
  nsenter: { valued: '-t --target -S -G' },
  chroot: { positional: 1 },
  fakeroot: {},
  firejail: {},
  strace: { valued: '-o -e -p -s -u -E -P -a -O -S' },
  ltrace: { valued: '-o -e -p -s -u' },
  gdb: {},
  busybox: {},
  toybox: {},
  exec: { valued: '-a' },
  command: {},
  builtin: {},
  flock: { valued: '-w -E --timeout', positional: 1, textOptions: ['-c', '--command'] },
  watch: { valued: '-n --interval', joined: true },
  script: { valued: '-t -T -I -O -B', textOptions: ['-c', '--command'] },
  su: { valued: '-s -g -G --shell --group', textOptions: ['-c', '--command'], positional: 99 },
  runuser: { valued: '-u -s -g --user', textOptions: ['-c', '--command'] },
  'systemd-run': {
    valued: '-u -p -t -M -H --unit --property --uid --gid --on-active --on-calendar --slice -E --setenv',
    keep: true,
    background: true,
  },
  'dbus-run-session': {},
  'start-stop-daemon': { valued: '-x --exec -a --startas -p --pidfile -n --name -c --chuid -u' },
  docker: container,
  podman: container,
  nerdctl: container,
  kubectl: {
    valued: '-n --namespace -c --container --context --kubeconfig',
    positional: 1,
    keep: true,
    verbs: ['exec'],
  },
  uv: { valued: '--with --python -p --directory --project', verbs: ['run'], keep: true },
  uvx: { valued: '--from --with --python -p', keep: true },
  pipx: { valued: '--spec', verbs: ['run'], keep: true },
  poetry: { verbs: ['run'] },
  pipenv: { verbs: ['run'] },
  hatch: { verbs: ['run'] },
  rye: { verbs: ['run'] },
  conda: { valued: '-n --name -p --prefix', verbs: ['run'] },
  mamba: { valued: '-n --name -p --prefix', verbs: ['run'] },
  micromamba: { valued: '-n --name -p --prefix', verbs: ['run'] },
  npx: { valued: '-p --package', textOptions: ['-c', '--call'], keep: true },
  bunx: { keep: true },
  pnpx: { keep: true },
  pnpm: { verbs: ['dlx', 'exec'], keep: true },
  yarn: { verbs: ['dlx', 'exec'], keep: true },
  npm: { verbs: ['exec', 'x'], keep: true },
  direnv: { verbs: ['exec'], positional: 1 },
  accelerate: { verbs: ['launch'] },
  torchrun: { valued: '--nproc_per_node --nnodes --node_rank --master_addr --master_port --rdzv_endpoint' },
}

/** What `argv` runs in turn, or undefined when it is no wrapper (or wraps nothing). */
export function unwrap(program: string, argv: readonly string[]): Unwrapped | undefined {
  if (program === 'tmux' || program === 'byobu') return tmux(argv)
  if (program === 'screen') return screen(argv)
  if (program === 'ip') return ipNetns(argv)
  if (program === 'find') return findExec(argv)
  if (program === 'autossh') return autossh(argv)
  if (!Object.hasOwn(wrappers, program)) return undefined
  const wrapper = wrappers[program]!
  let at = 1
  if (wrapper.verbs) {
    const verbAt = argv.findIndex((word, i) => i > 0 && i < 6 && wrapper.verbs!.includes(word))
    if (verbAt < 0) return undefined
    at = verbAt + 1
  }
  const valued = wrapper.valued ? ` ${wrapper.valued} ` : ''
  let positional = wrapper.positional ?? 0
  for (; at < argv.length; at++) {
    const word = argv[at]!
    if (word === '--') {
      at++
      // `kubectl exec pod -- cmd`: what stands before the dashes was the pod.
      if (program === 'kubectl') positional = 0
      break
    }
    if (wrapper.textOptions?.includes(word)) return { text: argv[at + 1] ?? '', keep: wrapper.keep ?? false }
    if (word.startsWith('-') && word.length > 1) {
      if (valued.includes(` ${word} `)) at++
      continue
    }
    if ((program === 'env' || program === 'sudo') && /^[A-Za-z_]\w*=/.test(word)) continue
    if (positional > 0) {
      positional--
      continue
    }
    break
  }
  const rest = argv.slice(at)
  if (rest.length === 0) return undefined
  const common = { keep: wrapper.keep ?? false, background: wrapper.background ?? false }
  return wrapper.joined || (rest.length === 1 && /\s/.test(rest[0]!))
    ? { text: rest.join(' '), ...common }
    : { argv: rest, ...common }
}

/** `tmux new-session -d -s x 'cmd'`, `tmux send-keys -t x 'cmd' Enter`. */
function tmux(argv: readonly string[]): Unwrapped | undefined {
  const verbs = /^(?:new(?:-session)?|new-window|neww|split-window|splitw|respawn-pane|run(?:-shell)?)$/
  const keys = /^(?:send(?:-keys)?)$/
  const at = argv.findIndex((word, i) => i > 0 && (verbs.test(word) || keys.test(word)))
  if (at < 0) return undefined
  const sendKeys = keys.test(argv[at]!)
  const words: string[] = []
  for (let i = at + 1; i < argv.length; i++) {
    const word = argv[i]!
    if (words.length === 0 && /^-[A-Za-z]*[txysnceFlLN]$/.test(word)) i++
    else if (words.length === 0 && word.startsWith('-')) continue
    else words.push(word)
  }
  const kept = sendKeys ? words.filter((word) => !/^(?:Enter|C-m|C-c|KPEnter)$/.test(word)) : words
  return kept.length === 0 ? undefined : { text: kept.join(sendKeys ? ' ' : ' '), background: true }
}

/** `screen -dmS name cmd…`, `screen -S name -X stuff 'cmd\n'`. */
function screen(argv: readonly string[]): Unwrapped | undefined {
  const stuff = argv.indexOf('stuff')
  if (stuff > 0) return { text: argv[stuff + 1] ?? '', background: true }
  let at = 1
  for (; at < argv.length && argv[at]!.startsWith('-'); at++) {
    if (/^-[A-Za-z]*[SLcehptTs]$/.test(argv[at]!) && argv[at] !== '-L') at++
  }
  return at < argv.length ? { argv: argv.slice(at), background: true } : undefined
}

/** `ip netns exec NAME cmd…`, `ip vrf exec NAME cmd…`. */
function ipNetns(argv: readonly string[]): Unwrapped | undefined {
  const at = argv.indexOf('exec')
  return at >= 2 && at + 2 < argv.length ? { argv: argv.slice(at + 2) } : undefined
}

/** `find . -exec cmd {} \;` */
function findExec(argv: readonly string[]): Unwrapped | undefined {
  const at = argv.findIndex((word) => /^-(?:exec|execdir|ok|okdir)$/.test(word))
  if (at < 0 || at + 1 >= argv.length) return undefined
  const end = argv.findIndex((word, i) => i > at && (word === ';' || word === '+'))
  return { argv: argv.slice(at + 1, end < 0 ? undefined : end), keep: true }
}

/** `autossh -M 0 -f …`: its own `-M port`, `-f` and `-V` go; the rest is ssh's command line. */
function autossh(argv: readonly string[]): Unwrapped {
  const rest: string[] = ['ssh']
  let background = false
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i]!
    if (word === '-M') i++
    else if (/^-M\d+$/.test(word)) continue
    else if (word === '-f') background = true
    else rest.push(word)
  }
  return { argv: rest, background }
}

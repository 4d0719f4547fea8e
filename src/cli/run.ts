// `vigiles run`: a command in a sandbox whose every connection is known, decided and recorded.

import { closeSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { constants, homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { plain } from '../base/terminal.ts'
import { agentCommand, agentPackages } from '../pipeline/live/agent-command.ts'
import { type AgentSettings, type KnownAgent, knownAgent } from '../pipeline/live/agents.ts'
import { endOf } from '../pipeline/live/ended.ts'
import { readPolicy } from '../pipeline/live/open-sandbox.ts'
import { watchSandbox } from '../pipeline/live/sandbox.ts'
import { stateFolder } from '../pipeline/state-folder.ts'
import type { Denial } from '../policy/suggest-allow.ts'
import { phases } from '../schema/ask.ts'
import { policyModes } from '../schema/decision.ts'
import type { RecordedLine } from '../schema/journal.ts'

const help = `vigiles run [options] -- COMMAND...

Runs COMMAND in a sandbox. What it connects to is decided by a policy, recorded outside of its reach, and stopped when
it is a tunnel, mining, probing or provisioning. Its streams, signals and exit code are passed through.

  --policy FILE    what it may reach (docs/policy.md); without one everything is denied, but a known agent CLI may
                   reach its own model
  --record DIR     folder of the recording: empty or new (default: below the state folder, printed)
  --mode MODE      enforce (default), shadow (block nothing, say what would be blocked), record (block nothing); what
                   the policy says of its mode holds when this is left out
  --phase PHASE    whose rules of the policy hold: agent (default), setup or verify
  --on-freeze DO   hold: wait for a person (default on a terminal); kill: end the run (default elsewhere)
  --env NAME       hand this variable in, though it looks like a secret (repeatable)
  --quiet          say only what went wrong

Exit code: the command's own (128 + n for a signal); 4 when a response stopped it; 3 when this machine cannot give the
isolation (vigiles doctor says why); 2 usage.
`

/** Denied destinations that are told of at the end. */
const denialsMax = 10_000

/** `vigiles run`: resolves to the exit code. */
export async function runCommand(args: string[]): Promise<number> {
  const split = args.indexOf('--')
  const { values, positionals } = readOptions(split < 0 ? args : args.slice(0, split))
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  const command = split < 0 ? positionals : args.slice(split + 1)
  const [program] = command
  if (program === undefined || (split >= 0 && positionals.length > 0)) {
    throw new OperatorError('usage', {
      what:
        program === undefined
          ? 'run wants a command.'
          : `run does not know ${JSON.stringify(positionals[0])}.`,
      why: 'The command stands behind two dashes.',
      fix: 'For example: vigiles run -- npm test',
    })
  }
  const asked = values.mode === undefined ? undefined : choice('mode', values.mode, policyModes)
  const phase = values.phase === undefined ? undefined : choice('phase', values.phase, phases)
  const onFreeze = choice('on-freeze', values['on-freeze'] ?? (process.stdin.isTTY ? 'hold' : 'kill'), [
    'hold',
    'kill',
  ] as const)
  const say = (text: string) => {
    process.stderr.write(`vigiles: ${text}\n`)
  }
  const tell = values.quiet ? () => {} : say
  const started = agentCommand(command)
  const agent = started && (await knownAgent(started.name))
  const fetched = started?.launched?.fetched === true
  const policy = await readPolicy(
    values.policy ??
      (agent ? { version: 1, presets: [agent.preset, ...(fetched ? ['npm'] : [])] } : undefined),
  )
  const mode = asked ?? policy.mode ?? 'enforce'
  if (policy.mode !== undefined && policy.mode !== mode)
    tell(`mode ${mode}, as the command line says; the policy says ${policy.mode}`)
  else if (asked === undefined && mode !== 'enforce')
    tell(`mode ${mode}, as the policy says: nothing is blocked`)
  const record = values.record === undefined ? newRecord() : resolve(values.record)
  if (values.policy === undefined) {
    tell(
      agent
        ? `no policy: ${agent.name} may reach its own model${fetched ? ' and the npm registry it comes from' : ''}, nothing else`
        : 'no policy: every connection is denied',
    )
  }
  tell(`recording to ${record}`)

  const at = started?.at ?? 1
  const settings = agent ? settingsOf(agent, command.slice(at)) : {}
  const words = settings.words ?? []
  for (const note of settings.notes ?? []) tell(note)

  // A terminal that is gone keeps nobody from ending the run in order.
  process.stderr.on('error', () => {})
  process.once('SIGHUP', () => process.once('exit', leaveTerminal))
  const denials: Denial[] = []
  /** Connections that would have been denied: one may show it more than once. */
  const wouldBe = new Set<string>()
  let stoppedBy: string | undefined
  const watched = await watchSandbox({
    record,
    policy,
    mode,
    ...(phase && { phase }),
    commands: [program, ...(started?.script === undefined ? [] : [started.script])],
    passEnv: [...(agent?.passEnv ?? []), ...(values.env ?? [])],
    state: (agent?.state ?? []).map(({ path, ...more }) => ({ ...more, path: join(homedir(), path) })),
    ...(values.policy !== undefined && { policyFile: resolve(values.policy) }),
    agentSide: {
      hooks: (settings.files?.length ?? 0) > 0 && (settings.notes?.length ?? 0) === 0,
      ...folderOf(started?.script ?? program),
      ...(started?.launched && {
        launched: { name: started.name, package: agentPackages[started.name] ?? started.name },
      }),
    },
    ...(settings.files && { files: settings.files }),
    ...(settings.env && { env: settings.env }),
    onLine(line) {
      const denial = denials.length < denialsMax ? denialOf(line, wouldBe) : undefined
      if (denial) denials.push(denial)
    },
    onFinding(finding, response) {
      say(`${finding.severity}: ${plain(finding.title, 200)}`)
      if (mode === 'enforce' && (response === 'freeze' || response === 'kill'))
        stoppedBy ??= finding.detection
    },
    onAct(request, result, asker) {
      say(plain(result.detail, 300))
      if (request.act === 'freeze' && result.ok && stoppedBy !== undefined) {
        if (onFreeze === 'kill') void watched.act({ act: 'kill' }, { via: 'policy' })
        else say(`it waits: vigiles contain ${record} thaw, or kill`)
      }
      if (request.act === 'kill' && result.ok && asker.via !== 'signal') stoppedBy ??= 'kill'
    },
  })
  for (const note of watched.notes) tell(note)
  const call = await watched
    .start({
      command: [
        ...command.slice(0, at),
        ...(started?.dashes && words.length > 0 ? ['--'] : []),
        ...words,
        ...command.slice(at),
      ],
      toolCall: { id: 'run', name: started?.name ?? program.split('/').at(-1) ?? program },
      identity: false,
      stdio: ['inherit', 'inherit', 'inherit'],
    })
    .catch(async (error: unknown) => {
      await watched.close().catch(() => {})
      throw error
    })
  const restore = passSignals(call.commandPid, () => void watched.act({ act: 'kill' }, { via: 'signal' }))
  const { exitCode, signal } = endOf(await call.exited)
  restore()
  call.finish({ exitCode, signal })
  await watched.settled()
  stoppedBy ??= watched.stoppedBy
  const code = stoppedBy === undefined ? (exitCode ?? 128 + signalNumber(signal)) : exitCodes.stopped
  await watched.close({
    exitCode,
    signal,
    ...(stoppedBy !== undefined && { stoppedBy }),
  })
  if (!values.quiet)
    for (const line of await closing(denials, values.policy, mode)) process.stderr.write(`${line}\n`)
  return code
}

/** Of the npm package that a program belongs to. */
function folderOf(program: string): { folder?: string } {
  const places = program.includes('/') ? [''] : (process.env.PATH ?? '').split(':')
  for (const place of places) {
    try {
      const real = realpathSync(resolve(place, program))
      const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(real)?.[0]
      return folder === undefined ? {} : { folder }
    } catch {} // Not here.
  }
  return {}
}

/** Its hooks and telemetry, for this run alone. */
function settingsOf(agent: KnownAgent, words: readonly string[]): AgentSettings {
  return agent.configure({
    home: homedir(),
    env: process.env,
    words,
    read(path) {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        return undefined
      }
    },
  })
}

function readOptions(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      policy: { type: 'string' },
      record: { type: 'string' },
      mode: { type: 'string' },
      phase: { type: 'string' },
      'on-freeze': { type: 'string' },
      env: { type: 'string', multiple: true },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
}

function choice<T extends string>(option: string, value: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === value)
  if (found !== undefined) return found
  throw new OperatorError('usage', {
    what: `--${option} wants ${choices.join(', ')}; got ${JSON.stringify(value)}.`,
    fix: 'Try vigiles run --help.',
  })
}

/** `…/vigiles/runs/2026-11-24T11-58-55-123`. */
function newRecord(): string {
  const runs = join(stateFolder(process.env, homedir()), 'runs')
  mkdirSync(runs, { recursive: true, mode: 0o700 })
  return join(runs, new Date().toISOString().replace('Z', '').replaceAll(/[:.]/g, '-'))
}

/** A refusal, or in a mode that only watches what would have been one. */
function denialOf(line: RecordedLine, wouldBe: Set<string>): Denial | undefined {
  if (line.class !== 'network_activity') return undefined
  if (line.activity !== 'refuse') {
    if (line.wouldBlock !== true || wouldBe.has(line.connection)) return undefined
    wouldBe.add(line.connection)
  }
  const { ip, port, hostname } = line.dstEndpoint
  return {
    host: hostname ?? ip,
    ...(port !== undefined && { port }),
    ...(line.transport !== undefined && line.transport !== 'tcp' && { transport: line.transport }),
    ...(line.transport === 'udp' && line.observed?.protocol && { protocol: line.observed.protocol }),
    ...(line.policy?.code !== undefined && { code: line.policy.code }),
    ...(line.policy !== undefined && { rule: line.policy.rule }),
  }
}

async function closing(
  denials: readonly Denial[],
  policy: string | undefined,
  mode: string,
): Promise<string[]> {
  if (denials.length === 0) return []
  const { suggestAllow } = await import('../policy/suggest-allow.ts')
  const head = `vigiles: ${denials.length} ${denials.length === 1 ? 'connection was' : 'connections were'} ${mode === 'enforce' ? 'denied' : 'seen that the policy denies'}. What would open them${policy === undefined ? ', as lines below `allow:` of a policy' : ''}:`
  return [head, ...suggestAllow(denials, policy).map((line) => `  ${line}`)]
}

/**
 * The terminal sends its signals to the whole group, the command included; what is sent to us alone is passed on. A
 * second SIGTERM ends the sandbox.
 */
function passSignals(commandPid: () => number | undefined, end: () => void): () => void {
  let terms = 0
  const handlers = (
    ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const
  ).map((signal) => {
    const handler = () => {
      if (signal === 'SIGTERM' && ++terms > 1) return end()
      const pid = commandPid()
      const fromTerminal = ['SIGINT', 'SIGQUIT', 'SIGWINCH'].includes(signal) && inForeground()
      if (pid === undefined || fromTerminal) return
      try {
        process.kill(pid, signal)
      } catch {} // It ended meanwhile.
    }
    process.on(signal, handler)
    return () => void process.off(signal, handler)
  })
  return () => {
    for (const off of handlers) off()
  }
}

/** Node sets the modes of its terminal back when it ends, and aborts where the terminal is gone. */
function leaveTerminal(): void {
  for (const fd of [0, 1, 2]) {
    try {
      closeSync(fd)
    } catch {}
  }
}

/** Whether our process group is the one that a terminal sends its signals to, whatever our standard input is. */
function inForeground(): boolean {
  try {
    // After the name: state, parent, group, session, terminal, and the terminal's foreground group.
    const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1)?.split(' ') ?? []
    return fields[2] !== undefined && fields[2] === fields[5]
  } catch {
    return process.stdin.isTTY
  }
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : (constants.signals[signal] ?? 0)
}

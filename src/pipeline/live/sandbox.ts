// A sandbox that is watched: its parts put together, for the library and for `vigiles run` alike.

import { randomBytes } from 'node:crypto'
import { basename, join, resolve as resolvePath } from 'node:path'
import { performance } from 'node:perf_hooks'
import { unwind } from '../../base/unwind.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import type { ActRequest, ActResult, Asker } from '../../responses/api.ts'
import { type Box, openBox, type RunningExec } from '../../sandboxes/box.ts'
import { kernel, peerOf } from '../../sandboxes/kernel.ts'
import type { StateFolder } from '../../sandboxes/mount-plan.ts'
import { openProcessEvents } from '../../sandboxes/process-events.ts'
import { oneProcess } from '../../sandboxes/processes.ts'
import type { Phase } from '../../schema/ask.ts'
import type { PolicyMode } from '../../schema/decision.ts'
import {
  type DetectionFindingLine,
  type JournalLine,
  journalSchema,
  type RecordedLine,
} from '../../schema/journal.ts'
import type { FindingResponse, Policy } from '../../schema/policy.ts'
import type { Clock } from '../../store/clock.ts'
import { JournalFull } from '../../store/errors.ts'
import { type Journal, openJournal } from '../../store/journal.ts'
import { updateRunFile } from '../../store/run-file.ts'
import { version } from '../version.ts'
import type { AgentSide } from './agent-side.ts'
import { Askers } from './askers.ts'
import { notRecorded, sandboxClosed } from './complaints.ts'
import type { Containment } from './containment.ts'
import type { Detector, LiveFinding } from './detector.ts'
import { checkWorkFolder, planBox } from './plan-box.ts'
import { shellText, startLine } from './start-line.ts'
import { trustFor } from './trust.ts'
import { Units, unitName } from './units.ts'

export interface SandboxOptions {
  /** Folder of the recording: empty or new. */
  readonly record: string
  readonly policy: Policy
  /** Default `enforce`. */
  readonly mode?: PolicyMode
  /** Of the policy, for calls that name none. Default `agent`. */
  readonly phase?: Phase
  /** The folder the agent works in, writable at the same path. Default: the current one. */
  readonly workdir?: string
  /** Environment handed in beside what is safe of our own. */
  readonly env?: Readonly<Record<string, string>>
  /** See plan-box.ts. */
  readonly policyFile?: string
  readonly commands?: readonly string[]
  readonly passEnv?: readonly string[]
  readonly state?: readonly StateFolder[]
  readonly files?: readonly { readonly path: string; readonly text: string; readonly mode?: number }[]
  /** An agent CLI runs: its processes are watched one by one, and its hooks and telemetry are heard. */
  readonly agentSide?: { readonly folder?: string }
  /** Stamps the journal's lines; decisions and limits go by a time that nobody can set. Default: the machine's. */
  readonly clock?: Clock
  readonly onFinding?: (finding: DetectionFindingLine['finding'], response: FindingResponse) => void
  /** Told of every act on the sandbox, whoever asked for it. */
  readonly onAct?: (request: ActRequest, result: ActResult, asker: Asker) => void
  /** Told of each line that was written. */
  readonly onLine?: (line: RecordedLine) => void
  /** Whether anybody wants to be told now. Default: whenever there is `onLine`. */
  readonly wantsLines?: () => boolean
}

export interface ToolCallIdentity {
  /** Stands in `actor.toolCall`. */
  readonly id: string
  readonly name: string
  readonly run?: string
  readonly episode?: string
  readonly turn?: number
  readonly step?: number
  readonly policyVersion?: string
}

export interface StartOptions {
  readonly command: readonly string[]
  readonly toolCall: ToolCallIdentity
  /** Each exec of the library is a call; a whole agent is not: its calls are inside. Default true. */
  readonly identity?: boolean
  /** Of the policy; the sandbox's own when absent. */
  readonly phase?: Phase
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdio: readonly ('pipe' | 'inherit' | 'ignore')[]
}

export interface StartedCall extends RunningExec {
  /** Writes the end of the call, with the beginning of what it printed. */
  finish(end: { exitCode: number | null; signal: string | null; output?: string }): void
}

export interface WatchedSandbox {
  readonly name: string
  readonly dir: string
  readonly box: Box
  readonly containment: Containment
  /** What the machine or the policy's wishes leave weaker than asked, in words. */
  readonly notes: readonly string[]
  start(options: StartOptions): Promise<StartedCall>
  act(request: ActRequest, asker: Asker): Promise<ActResult>
  /** Ends all that runs, then seals the recording. */
  close(end?: RunEnd): Promise<void>
}

/** What the run came to, for run.json. */
export interface RunEnd {
  readonly exitCode: number | null
  readonly signal: string | null
  /** The response that stopped it. */
  readonly stoppedBy?: string
}

/** Throws OperatorError when the machine lacks something or the folder can't be used; nothing is left running. */
export async function watchSandbox(options: SandboxOptions): Promise<WatchedSandbox> {
  const { policy, mode = 'enforce' } = options
  const dir = resolvePath(options.record)
  const workdir = resolvePath(options.workdir ?? process.cwd())
  checkWorkFolder(workdir)
  const name = `${boxWord(dir)}-${randomBytes(3).toString('hex')}`
  let detector: Detector | undefined
  /** Lines before the detector was there. */
  const early: RecordedLine[] = []
  const found: LiveFinding[] = []
  const journal: Journal = openJournal({
    dir,
    version,
    ...(options.clock && { clock: options.clock }),
    box: name,
    onWritten(lines) {
      for (const text of lines.split('\n')) {
        if (text === '') continue
        // Nothing looks at what was opened before it shows more.
        if (text.startsWith(openedText) && options.wantsLines?.() === false) continue
        const line = JSON.parse(text) as RecordedLine
        if (detector) found.push(...detector.see(line))
        else early.push(line)
        options.onLine?.(line)
      }
      // After the write that showed them, not in it: a finding is a line too.
      if (found.length > 0) queueMicrotask(respond)
    },
  })
  const undo: (() => unknown)[] = [() => journal.close()]
  let responder: ((found: LiveFinding) => void) | undefined
  const respond = () => {
    for (const one of found.splice(0)) responder?.(one)
  }
  try {
    const trust = await trustFor(policy)
    const plan = await planBox({
      name,
      workdir,
      dir,
      policy,
      env: { ...trust?.env, ...options.env },
      commands: options.commands ?? [],
      passEnv: options.passEnv ?? [],
      state: options.state ?? [],
      files: [...(trust?.files ?? []), ...(options.files ?? [])],
      ...(options.policyFile !== undefined && { policyFile: options.policyFile }),
    })
    undo.push(() => plan.close())
    const opening = openBox(plan)
    undo.push(() => opening.then((box) => box.close()))
    const [box, parts] = await Promise.all([opening, import('./watching.ts')])
    plan.mounted()
    detector = parts.startDetector()
    for (const line of early.splice(0)) found.push(...detector.see(line))
    const calls = kernel()
    const { lookUp } = box
    const units = new Units({
      group: box.group,
      inodeOf: box.inodeOf,
      ...(lookUp && { holderOf: lookUp.holderOf }),
      holderPid: box.pid,
      askerOf: (unit) => askers.of(unit),
      agentOf: (process, host) => agentSide?.of(process, host) ?? {},
    })
    const askers = new Askers({
      listenerAt: (ip, port) => units.listenerAt(ip, port),
      now: () => performance.now(),
    })
    let agentSide: AgentSide | undefined
    const record = (line: JournalLine) => {
      agentSide?.see(line)
      if (line.class === 'network_activity' && line.activity === 'refuse')
        journal.refuse({ ...line, activity: 'refuse' })
      else if (line.class === 'dns_activity') journal.refuse(line)
      // Nothing waits for these: written with the next line, or at the end of this turn.
      else if (
        line.class === 'http_activity' ||
        (line.class === 'network_activity' && line.activity === 'close')
      )
        journal.appendSoon(line).catch(() => {})
      else journal.append(line)
    }
    /** For what happened already, whether or not the disk has room to say so; the journal counts it as refused. */
    const recordQuietly = (line: JournalLine) => {
      try {
        record(line)
      } catch (error) {
        if (!(error instanceof JournalFull)) throw error
      }
    }
    if (options.agentSide) {
      const started = await parts.startAgentSide({
        box: name,
        unitName,
        record,
        open: openProcessEvents,
        facts: oneProcess,
        ...options.agentSide,
        members: () => box.group.members(),
      })
      agentSide = started
      undo.push(() => started.close())
    }
    let containment: Containment | undefined
    let closed = false
    const decisions = parts.startDecisions({
      policy,
      refusal: (host, port) => containment?.refusal(host, port),
      now: () => performance.now(),
    })
    const { resolver } = policy.network
    const lookup = parts.startLookup({
      ...(resolver !== undefined && { server: resolver }),
      now: () => performance.now(),
    })
    const gateway: Gateway = parts.openGateway({
      network: lookUp ? parts.attributedNetwork(box.network, lookUp.unitOf) : box.network,
      box: name,
      mode,
      syntheticRange: policy.network.syntheticRange ?? parts.defaultSyntheticRange,
      decide: (ask, unit) => decisions.decide(ask, units.get(unit)),
      spend: (ask, decision, unit, bytes) => decisions.spend(ask, decision, units.get(unit)?.unit, bytes),
      ...(trust && { authority: trust.authority }),
      actorOf: (unit, flow, host) => units.actorOf(unit, flow, host),
      onLocal: (unit, { dst }) => askers.ask(unit, dst.ip, dst.port),
      ...(agentSide && { services: agentSide.services }),
      contextOf: (unit) => {
        const call = units.get(unit)
        return call ? { tool: call.name, toolTier: 'identity', phase: call.phase } : {}
      },
      record,
      resolve: lookup.resolve,
      forward: lookup.forward,
      now: () => performance.now(),
    })
    undo.push(() => gateway.close())
    const acts = parts.startContainment({
      box: name,
      mode,
      tier: box.tier,
      dir,
      group: box.group,
      gateway,
      calls: () => units.all(),
      record,
      redact: (text) => journal.redact(text),
      ...(options.onAct && { onAct: options.onAct }),
    })
    containment = acts
    responder = parts.startResponder({
      box: name,
      mode,
      record,
      act: acts.act,
      responseTo: (finding) => parts.responseTo(policy, finding),
      ...(options.onFinding && { onFinding: options.onFinding }),
    })
    const control = await parts.serveControl(join(dir, 'control.sock'), acts.act, (fd) => peerOf(calls, fd))
    undo.push(() => control.close())
    updateRunFile(dir, { tier: box.tier, startedAt: new Date().toISOString() }, { sync: false })
    return {
      name,
      dir,
      box,
      containment: acts,
      notes: plan.notes,
      act: async (request, asker) =>
        closed
          ? { act: request.act, ok: false, detail: sandboxClosed(name).message }
          : acts.act(request, asker),
      async start({ command, toolCall, identity = true, cwd = workdir, env = {}, stdio, ...more }) {
        if (closed) throw sandboxClosed(name)
        const phase = more.phase ?? options.phase
        const exec = await box
          .exec({ command, cwd, env: { ...plan.env, ...env }, stdio: [...stdio] }, (unit) => {
            if (closed) throw sandboxClosed(name)
            // Before its first instruction: a connection must find its call.
            units.add(unit, { ...toolCall, phase: phase ?? 'agent' }, identity)
            try {
              record(startLine(name, unit.number, toolCall, command, identity, phase))
            } catch (error) {
              throw notRecorded(`${shellText(command).slice(0, 60)} was not started`, dir, error)
            }
          })
          .catch((error: unknown) => {
            throw closed ? sandboxClosed(name) : error
          })
        units.started(exec.unit.number, exec.child.pid)
        if (exec.child.pid !== undefined) agentSide?.watch(exec.unit.number, exec.child.pid)
        const startedAt = performance.now()
        return {
          ...exec,
          finish({ exitCode, signal, output }) {
            // It ended because the sandbox did: the recording is sealed, or will be without it.
            if (closed) return
            box.release(exec.unit)
            recordQuietly({
              class: 'execute_tool',
              box: name,
              activity: 'end',
              toolCall: toolCall.id,
              name: toolCall.name,
              unit: unitName(exec.unit.number),
              source: 'exec',
              tier: identity ? 'identity' : 'none',
              ...(exitCode !== null && { exitCode }),
              ...(signal !== null && { signal }),
              ...(output !== undefined && { output }),
              duration: Math.round(performance.now() - startedAt),
            })
          },
        }
      },
      async close(end) {
        closed = true
        await acts.settled()
        // First of all, so that what it tried to the last is in the recording.
        await box.group.kill().catch(() => false)
        await unwind(undo.slice(1))
        found.push(...(detector?.end() ?? []))
        respond()
        try {
          await journal.seal()
        } catch (error) {
          throw notRecorded(`The recording in ${dir} has no seal`, dir, error)
        } finally {
          await journal.close().catch(() => {})
          updateRunFileQuietly(dir, {
            exitCode: end?.exitCode ?? null,
            signal: end?.signal ?? null,
            stoppedBy: end?.stoppedBy ?? acts.stoppedBy ?? null,
            ...(agentSide && { agent: agentSide.summary() }),
            endedAt: new Date().toISOString(),
          })
        }
      },
    }
  } catch (error) {
    await unwind(undo)
    throw error
  }
}

/** It may not fit either; the journal says more. */
function updateRunFileQuietly(...[dir, change]: Parameters<typeof updateRunFile>): void {
  try {
    updateRunFile(dir, change)
  } catch {}
}

/** How the line of a connection begins when it is opened. */
const openedText = `{"_schema":"${journalSchema}","activity":"open",`

/** The folder's name, where a person chose it. */
function boxWord(dir: string): string {
  const word = basename(dir)
    .replace(/[^\w.-]/g, '-')
    .slice(0, 40)
  return word === '' || /^\d{4}-\d\d-\d\dT/.test(word) ? 'run' : word
}

// What watches a sandbox: its parts put together. The recording comes first, then the command may start; what looks at
// lines, and what answers first packets, is loaded beside it. Until it is there the rules in the kernel let nothing out.

import { join, resolve as resolvePath } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { unwind } from '../../base/unwind.ts'
import { responseTo } from '../../policy/responses.ts'
import type { ActRequest, ActResult, Asker } from '../../responses/api.ts'
import { serveControl } from '../../responses/control-socket.ts'
import type { Box } from '../../sandboxes/box.ts'
import { kernel, peerOf } from '../../sandboxes/kernel.ts'
import { openProcessEvents } from '../../sandboxes/process-events.ts'
import { oneProcess } from '../../sandboxes/processes.ts'
import { type JournalLine, journalSchema, type RecordedLine } from '../../schema/journal.ts'
import { JournalFull } from '../../store/errors.ts'
import { type Journal, openJournal } from '../../store/journal.ts'
import { updateRunFile } from '../../store/run-file.ts'
import { version } from '../version.ts'
import { type AgentSide, startAgentSide } from './agent-side.ts'
import { Askers } from './askers.ts'
import { attributedNetwork } from './attributed-network.ts'
import { notRecorded, sandboxClosed } from './complaints.ts'
import type { Detector, LiveFinding } from './detector.ts'
import { holdPackets } from './held-packets.ts'
import type { BoxPlan } from './plan-box.ts'
import { startResponder } from './responder.ts'
import type { RunEnd, SandboxOptions, WatchedSandbox } from './sandbox.ts'
import { shellText, startLine } from './start-line.ts'
import type { Trust } from './trust.ts'
import { Units, unitName } from './units.ts'
import type { Watching } from './watching.ts'

export interface Opening {
  readonly name: string
  readonly dir: string
  readonly workdir: string
  readonly trust: Trust | undefined
  readonly plan: BoxPlan
  readonly opening: Promise<Box>
  /** Ends the sandbox. */
  readonly undo: (() => unknown)[]
}

/** The gateway is loaded when something asks for it, and after so long in any case. Milliseconds. */
const gatewayMs = 100
/** Between two kills of what nobody watches. Milliseconds. */
const againMs = 200

export async function watch(options: SandboxOptions, opening: Opening): Promise<WatchedSandbox> {
  const { policy, mode = 'enforce' } = options
  const { name, dir, workdir, trust, plan } = opening
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
  const undo: (() => unknown)[] = []
  /** Everything inside ended: what was not needed until now is not needed any more. */
  let over = false
  let wake = () => {}
  const needed = new Promise<void>((resolve) => {
    wake = resolve
  })
  let responder: ((found: LiveFinding) => void) | undefined
  const respond = () => {
    for (const one of found.splice(0)) responder?.(one)
  }
  try {
    const box = await opening.opening
    plan.mounted()
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
      // Nothing waits for these: written with the next line, or at the end of this turn. But when the last could not be, no
      // request goes by unwritten.
      else if (journal.healthy && (line.class === 'http_activity' || isSoon(line)))
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
      const started = await startAgentSide({
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
    const held = holdPackets(
      lookUp ? attributedNetwork(box.network, lookUp.unitOf) : box.network,
      (unit, flow) => units.actorOf(unit, flow),
    )
    let live: Watching | undefined
    let closed = false
    let acts = 0
    const detecting = import('./detector.ts').then(({ startDetector }) => {
      detector = startDetector()
      for (const line of early.splice(0)) found.push(...detector.see(line))
      respond()
    })
    const watching = detecting.then(async () => {
      await Promise.race([needed, held.first, sleep(gatewayMs, undefined, { ref: false })])
      if (over && acts === 0 && !held.any()) return undefined
      const { startWatching } = await import('./watching.ts')
      live = startWatching(options, {
        name,
        dir,
        box,
        units,
        askers,
        held,
        record,
        redact: (text) => journal.redact(text),
        ...(trust && { authority: trust.authority }),
        ...(agentSide && { services: agentSide.services, watchExchange: agentSide.watchExchange }),
      })
      undo.push(() => live?.close())
      return live
    })
    // What nobody watches does not go on, nor begin: nothing would leave it, and nobody could say why.
    let unwatched: { readonly error: unknown } | undefined
    watching.catch(async (error: unknown) => {
      unwatched = { error }
      // Again: a command that was on its way is not in its group yet.
      while (!closed) {
        await box.group.kill().catch(() => false)
        await sleep(againMs, undefined, { ref: false })
      }
    })
    const refuseUnwatched = () => {
      if (unwatched) throw unwatched.error
    }
    const perform = async (request: ActRequest, asker: Asker): Promise<ActResult> => {
      acts++
      wake()
      const there = await watching
      return there
        ? await there.act(request, asker)
        : { act: request.act, ok: false, detail: sandboxClosed(name).message }
    }
    const act = async (request: ActRequest, asker: Asker): Promise<ActResult> =>
      closed
        ? { act: request.act, ok: false, detail: sandboxClosed(name).message }
        : await perform(request, asker)
    const settled = async () => {
      await detecting.catch(() => {})
      if (acts > 0) await watching.catch(() => {})
      await live?.settled()
    }
    responder = startResponder({
      box: name,
      mode,
      record,
      act: perform,
      responseTo: (finding) => responseTo(policy, finding),
      ...(options.onFinding && { onFinding: options.onFinding }),
    })
    const calls = kernel()
    const control = await serveControl(join(dir, 'control.sock'), act, (fd) => peerOf(calls, fd))
    undo.push(() => control.close())
    updateRunFile(
      dir,
      {
        tier: box.tier,
        startedAt: new Date().toISOString(),
        ...(options.policyFile !== undefined && { policyFile: resolvePath(options.policyFile) }),
      },
      { sync: false },
    )
    return {
      name,
      dir,
      box,
      notes: plan.notes,
      act,
      settled,
      get stoppedBy() {
        return live?.stoppedBy()
      },
      async start({ command, toolCall, identity = true, cwd = workdir, env = {}, stdio, ...more }) {
        if (closed) throw sandboxClosed(name)
        refuseUnwatched()
        const phase = more.phase ?? options.phase
        const exec = await box
          .exec({ command, cwd, env: { ...plan.env, ...env }, stdio: [...stdio] }, (unit) => {
            if (closed) throw sandboxClosed(name)
            refuseUnwatched()
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
        await settled()
        // First of all, so that what it tried to the last is in the recording.
        await box.group.kill().catch(() => false)
        // Twice round the event loop: first packets that wait in the kernel are read in between.
        if (!live) for (let turns = 0; turns < 2; turns++) await turn()
        over = true
        wake()
        const failed = await watching.then(
          () => undefined,
          (error: unknown) => ({ error }),
        )
        await unwind(undo)
        await unwind(opening.undo)
        found.push(...(detector?.end() ?? []))
        respond()
        await seal(end)
        if (failed) throw failed.error
      },
    }

    async function seal(end: RunEnd | undefined): Promise<void> {
      try {
        await journal.seal()
      } catch (error) {
        throw notRecorded(`The recording in ${dir} has no seal`, dir, error)
      } finally {
        await journal.close().catch(() => {})
        updateRunFileQuietly(dir, {
          exitCode: end?.exitCode ?? null,
          signal: end?.signal ?? null,
          stoppedBy: end?.stoppedBy ?? live?.stoppedBy() ?? null,
          ...(agentSide && { agent: agentSide.summary() }),
          endedAt: new Date().toISOString(),
        })
      }
    }
  } catch (error) {
    over = true
    wake()
    await unwind(undo)
    await unwind(opening.undo)
    await journal.close().catch(() => {})
    throw error
  }
}

/** Ends of connections, and what begins as HTTP: each request has a line that decides. */
function isSoon(line: JournalLine): boolean {
  if (line.class !== 'network_activity') return false
  const request = line.activity === 'traffic' && line.observed?.protocol === 'http'
  return line.activity === 'close' || (request && line.disposition === 'allowed')
}

/** It may not fit either; the journal says more. */
function updateRunFileQuietly(...[dir, change]: Parameters<typeof updateRunFile>): void {
  try {
    updateRunFile(dir, change)
  } catch {}
}

/** How the line of a connection begins when it is opened. */
const openedText = `{"_schema":"${journalSchema}","activity":"open",`

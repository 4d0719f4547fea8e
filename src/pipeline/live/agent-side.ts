// What an agent CLI does inside its sandbox: its processes as the kernel reports them, and what its own side says of its
// tool calls. The first is fact, the second a label on it.

import type { Socket } from 'node:net'
import { toIso } from '../../base/time.ts'
import { isOpenShell, runsShellText } from '../../commands/told-and-run.ts'
import type { GatewayOptions } from '../../gateway/api.ts'
import type { JournalActor, JournalLine, JournalProcess } from '../../schema/journal.ts'
import { LaunchLimiter } from '../../sensors/launch-limiter.ts'
import { ancestorsOf, type ProcessNode } from '../../sensors/process-tree.ts'
import { type ProcessSensor, type ProcessSensorOptions, startProcessSensor } from '../../sensors/processes.ts'
import { type AgentTag, agentDepth, type LaunchedAgent, labelOf, tagFor, tagOf } from './agent-processes.ts'
import { agentServicePort, startAgentService } from './agent-service.ts'
import { DenialsTold } from './denials-told.ts'
import { isHookCommand, isHookPart } from './hook-program.ts'
import { commandOf, type HookMessage, hookAnswer, readHook } from './hooks.ts'
import { startModelTraffic } from './model-traffic.ts'
import { type Teller, ToldCalls } from './told-calls.ts'

export interface AgentSideOptions extends Pick<ProcessSensorOptions<AgentTag>, 'open' | 'facts' | 'members'> {
  readonly box: string
  /** Folder of the agent's package, real: what it starts from there is the agent itself. */
  readonly folder?: string
  /** It is started by npx or the like. */
  readonly launched?: LaunchedAgent
  /** It tells of its calls itself, when it makes them: what its model asked for is not looked at. */
  readonly hooks?: boolean
  /** As it stands in the journal. */
  readonly unitName: (unit: number) => string
  readonly record: (line: JournalLine) => void
}

type Known = Partial<Pick<JournalActor, 'unit' | 'label' | 'process'>>

export interface AgentSide {
  readonly sensor: ProcessSensor<AgentTag>
  /** Ports of the gateway's own address. */
  readonly services: ReadonlyMap<number, (client: Socket, actor: JournalActor) => void>
  /** Requests to models, as they pass the gateway. */
  readonly watchExchange: NonNullable<GatewayOptions['watchExchange']>
  /** A run begins; the process that leads into the sandbox. */
  watch(unit: number, outsidePid: number): void
  /** What is known of a process beside its unit; `host`: where it connects to, by name. */
  of(process: JournalProcess, host?: string): Known
  /** Every line, for the denials among them. */
  see(line: JournalLine): void
  /** For run.json. */
  summary(): object
  close(): void
}

export async function startAgentSide(options: AgentSideOptions): Promise<AgentSide> {
  const { box, unitName, record } = options
  const now = () => performance.now()
  const told = new ToldCalls(box, quietly(record))
  const denials = new DenialsTold()
  const limiter = new LaunchLimiter(now())
  const tellLimiter = new LaunchLimiter(now())
  const counts = {
    launches: 0,
    launchesWithoutLine: 0,
    hooks: 0,
    hooksUnread: 0,
    exports: 0,
    exportedWithoutArguments: 0,
    toldTooOften: 0,
    refused: 0,
  }
  let hookCalls = 0
  const sensor = await startProcessSensor<AgentTag>({
    open: options.open,
    facts: options.facts,
    members: options.members,
    onLaunch: launched,
    onExit: exited,
  })

  function launched(node: ProcessNode<AgentTag>, facts: JournalProcess | undefined): void {
    // What it was before it became this program stays true of work.
    const fresh = !node.tag || node.depth <= agentDepth
    if (fresh) {
      const tag = tagFor(node, facts, {
        unitName,
        isHook: isHookCommand,
        folder: options.folder,
        launched: options.launched,
      })
      if (tag) node.tag = tag
    }
    const tag = node.tag
    if (!tag || tag.role === 'way-in') return
    counts.launches++
    const cmdLine = facts?.cmdLine ?? ''
    if (tag.role === 'hook' && isHookPart(cmdLine)) return
    if (tag.role === 'work' && tag.subtree) label(node, tag, cmdLine)
    launchLine(node, tag, facts)
  }

  function label(node: ProcessNode<AgentTag>, tag: AgentTag, cmdLine: string): void {
    const { subtree } = tag
    if (!subtree) return
    if (!subtree.work) {
      subtree.work = told.work(subtree.name, cmdLine, now())
      return
    }
    if (node.pid === subtree.pid || runsShellText(cmdLine)) told.became(subtree.work, cmdLine, now())
    // A shell that is fed with commands runs many calls: each of its children is looked at for itself.
    const above = node.parent
    const fed = above?.pid === subtree.pid && isOpenShell(above.facts.cmdLine ?? '')
    const part = fed ? told.part(cmdLine, now()) : undefined
    if (part) tag.label = part
  }

  function launchLine(node: ProcessNode<AgentTag>, tag: AgentTag, facts: JournalProcess | undefined): void {
    const omitted = limiter.take(tag.subtree?.name ?? '', now())
    if (omitted === undefined) {
      counts.launchesWithoutLine++
      return
    }
    tag.written = true
    const process = { ...(facts ?? node.facts), ancestors: ancestorsOf(node, agentDepth) }
    quietly(record)({
      class: 'process_activity',
      box,
      activity: 'launch',
      process,
      ...(omitted > 0 && { omitted }),
      actor: actorOf(node),
    })
  }

  function exited(node: ProcessNode<AgentTag>, end: { exitCode?: number; signal?: number }): void {
    if (!node.tag?.written) return
    quietly(record)({
      class: 'process_activity',
      box,
      activity: 'exit',
      process: node.facts,
      ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
      ...(end.signal !== undefined && { signal: String(end.signal) }),
      actor: actorOf(node),
    })
  }

  function actorOf(node: ProcessNode<AgentTag>): JournalActor {
    const tag = tagOf(node)
    const found = labelOf(node)
    return {
      ...(tag && { unit: tag.subtree?.name ?? unitName(tag.unit) }),
      ...(found && { label: found }),
      tier: 'none',
    }
  }

  /** Who posts, as the kernel knows; `own`: what its ids are put behind, so that no call's process can speak for another's. */
  function tellerOf({ process }: JournalActor): { by: Teller; own: string } {
    const node = process && sensor.see(process.pid)
    const tag = node && tagOf(node)
    if (tag?.role === 'work') return { by: 'work', own: `${tag.subtree?.name ?? unitName(tag.unit)}:` }
    return { by: tag ? 'agent' : 'unknown', own: tag ? '' : 'unknown:' }
  }

  /** False when one of them tells of more than anybody does. */
  function mayTell({ own }: { own: string }): boolean {
    const may = tellLimiter.take(own, now()) !== undefined
    if (!may) counts.toldTooOften++
    return may
  }

  function onHook(name: string, body: unknown, actor: JournalActor): object {
    const message = readHook(body)
    if (!message) {
      counts.hooksUnread++
      return {}
    }
    counts.hooks++
    const teller = tellerOf(actor)
    if (!mayTell(teller)) return {}
    if (message.when === 'before') begin(name, message, teller)
    else if (message.when === 'after') finish(name, message, teller)
    // What a call's own process asks for is not the agent's to know.
    return teller.by === 'work' || message.when === 'other' ? {} : hookAnswer(message, denials.take())
  }

  function begin(name: string, message: HookMessage, { by, own }: { by: Teller; own: string }): void {
    told.start({
      id: `${own}${message.id ?? `${name}-${++hookCalls}`}`,
      tool: message.tool,
      command: message.command,
      source: `${name}-hook`,
      by,
      atMs: now(),
      ...(message.session !== undefined && { session: message.session }),
    })
  }

  function finish(name: string, message: HookMessage, teller: { by: Teller; own: string }): void {
    const { tool, command, id, output } = message
    const end = { atMs: now(), ...(output !== undefined && { output }) }
    const which = { tool, command, by: teller.by, ...(id !== undefined && { id: `${teller.own}${id}` }) }
    if (told.end(which, end)) return
    // The hook before it was missed: a call all the same.
    begin(name, message, teller)
    told.end(which, end)
  }

  async function onTelemetry(body: Uint8Array, actor: JournalActor): Promise<void> {
    counts.exports++
    const teller = tellerOf(actor)
    // Loaded when the first one comes: most runs have none.
    const { callsInExport } = await import('./told-telemetry.ts')
    const agoMs = (us: number) => (Date.now() * 1000 - us) / 1000
    for (const { sourceId, name, command, start, end, output, exitCode } of callsInExport(body)) {
      // Of a call that an event tells of with its arguments, spans tell without.
      if (command === '') {
        counts.exportedWithoutArguments++
        continue
      }
      if (!mayTell(teller)) continue
      const { by, own } = teller
      const atMs = now() - agoMs(start.us)
      const endMs = end ? now() - agoMs(end.us) : now()
      const id = `${own}${sourceId ?? `otel-${++hookCalls}`}`
      const afterwards = { at: toIso(start.us), endMs }
      const fresh = told.start({ id, tool: name, command, source: 'otel', by, atMs, afterwards })
      if (!fresh) continue
      const more = {
        ...(output !== undefined && { output }),
        ...(exitCode !== undefined && { exitCode }),
      }
      told.end({ id, tool: name, command, by }, { atMs: endMs, ...more })
    }
  }

  const models = startModelTraffic({
    onCall({ id, name, input }, actor) {
      const teller = tellerOf(actor)
      if (!mayTell(teller)) return undefined
      const { by, own } = teller
      const call = { id: `${own}${id}`, tool: name, command: commandOf(input), source: 'llm-api', by }
      return told.start({ ...call, atMs: now() }) ? call.id : undefined
    },
    onResult: (id) => void told.end({ id, tool: '', command: '', by: 'unknown' }, { atMs: now() }),
  })
  const service = startAgentService<JournalActor>({
    onHook,
    onTelemetry,
    onRefused: () => counts.refused++,
  })
  return {
    sensor,
    services: new Map([[agentServicePort, service.take]]),
    watchExchange: options.hooks ? () => undefined : models.watch,
    watch: (unit, outsidePid) => sensor.watch(outsidePid, { unit, role: 'way-in' }),
    of(process, host) {
      const node = sensor.see(process.pid)
      if (!node) return {}
      const tag = tagOf(node)
      const found =
        labelOf(node) ?? (tag?.role === 'agent' && host !== undefined ? told.naming(host) : undefined)
      return {
        ...(tag?.subtree && { unit: tag.subtree.name }),
        ...(found && { label: found }),
        // Parents that ended are known here, and in /proc no more.
        process: { ...process, ancestors: ancestorsOf(node, agentDepth) },
      }
    },
    see(line) {
      if (!('actor' in line)) return
      // What the agent itself tried to reach, telemetry and updates, is nothing that its model could do without.
      const { process, unit } = line.actor
      if (process === undefined || unit?.includes('/')) denials.see(line)
    },
    summary: () => ({
      processEvents: sensor.by,
      lostEvents: sensor.lost,
      forgottenProcesses: sensor.tree.forgotten,
      ...counts,
      modelCalls: models.calls(),
      calls: told.summary(),
    }),
    close() {
      service.close()
      sensor.close()
    },
  }
}

/** A full disk stops connections, which ask for their own line; these lines are only lost. */
function quietly(record: (line: JournalLine) => void): (line: JournalLine) => void {
  return (line) => {
    try {
      record(line)
    } catch {}
  }
}

// The calls of a run as other agents and trainers would have left them.

import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { Call, Episode, Facts } from './facts.ts'

export interface TraceFile {
  readonly path: string
  readonly content: string | Uint8Array
}

export interface Traces {
  readonly files: readonly TraceFile[]
  /** For formats without the call's own id: which call stands at `path:line`. */
  readonly callAt?: ReadonlyMap<string, string>
  /** What the format carries, so that its absence in the answers is an error. */
  readonly carries: { readonly episode: boolean; readonly step: boolean; readonly reward: boolean }
}

/** Zone of writers that name none, minutes. */
export type AgentWriter = (facts: Facts, localMinutes: number) => Traces

const all = { episode: true, step: true, reward: true }
const plain = { episode: true, step: false, reward: false }

export const agentWriters: Readonly<Record<string, AgentWriter>> = {
  otlp: (facts) => otlp(facts, false),
  'otlp-trace-ids': (facts) => otlp(facts, true),
  'claude-code': claudeCode,
  codex,
  atif,
  'mini-swe-agent': miniSwe,
  openhands,
  'inspect-eval': inspectEval,
  'nemo-gym': nemoGym,
  verifiers,
  'rock-admin-log': rockAnswers,
  'rock-commands': rockCommands,
  'roll-rollout': rollRollout,
  'rock+roll': (facts, localMinutes) => {
    const rock = rockAnswers(facts)
    return { files: [...rock.files, ...rollRollout(facts, localMinutes).files], carries: all }
  },
}

const hex = (text: string, length: number) => createHash('sha256').update(text).digest('hex').slice(0, length)
const uuid = (text: string) => {
  const h = hex(text, 32)
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`
}
const digits = (value: number, width: number) => String(value).padStart(width, '0')
const isoMs = (us: number) => new Date(Math.floor(us / 1000)).toISOString()
const isoMicros = (us: number, zone: string) => `${isoMs(us).slice(0, 23)}${digits(us % 1000, 3)}${zone}`
const jsonLines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const argumentsOf = (call: Call) => JSON.stringify({ command: call.command })

/** Calls of one model's reply. */
function turnsOf(episode: Episode): Call[][] {
  const turns: Call[][] = []
  for (const call of episode.calls) {
    const last = turns[turns.length - 1]
    if (last && last[0]!.turn === call.turn) last.push(call)
    else turns.push([call])
  }
  return turns
}

const endOf = (turn: readonly Call[]) => Math.max(...turn.map(({ endUs }) => endUs))

function otlp(facts: Facts, onlyTraceIds: boolean): Traces {
  const attributes = (values: Record<string, string | number>) =>
    Object.entries(values).map(([key, value]) => ({
      key,
      value:
        typeof value === 'string'
          ? { stringValue: value }
          : Number.isInteger(value)
            ? { intValue: String(value) }
            : { doubleValue: value },
    }))
  const rows = facts.episodes.map((episode) => {
    const traceId = hex(episode.id, 32)
    const root = hex(`${episode.id}/root`, 16)
    const common: Record<string, string | number> = onlyTraceIds
      ? {}
      : {
          'gen_ai.conversation.id': episode.id,
          'rl.step': episode.step,
          'rl.policy_version': `v${episode.step}`,
        }
    const span = (
      id: string,
      parent: string,
      name: string,
      from: number,
      to: number,
      more: Record<string, string | number>,
    ) => ({
      traceId,
      spanId: hex(id, 16),
      parentSpanId: parent,
      name,
      kind: 1,
      startTimeUnixNano: `${from}000`,
      endTimeUnixNano: `${to}000`,
      attributes: attributes({ ...more, ...common }),
      status: { code: 1 },
    })
    const spans = episode.calls.map((call) =>
      span(call.sourceId, root, 'execute_tool execute_bash', call.startUs, call.endUs, {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'execute_bash',
        'gen_ai.tool.call.id': call.sourceId,
        'gen_ai.tool.call.arguments': argumentsOf(call),
        'gen_ai.tool.call.result': JSON.stringify({ exit_code: call.exitCode, output: call.output }),
      }),
    )
    spans.push({
      ...span(`${episode.id}/root`, '', 'invoke_agent coder', episode.startUs, episode.endUs, {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'coder',
        ...(onlyTraceIds ? {} : { 'rl.reward': episode.reward }),
      }),
      spanId: root,
    })
    const resource = {
      'service.name': 'rollout-worker',
      'host.name': episode.box.host.name,
      'container.id': episode.box.containerId,
      ...(onlyTraceIds ? {} : { 'sandbox.id': episode.box.name, 'rl.run': facts.run }),
    }
    return {
      resourceSpans: [
        {
          resource: { attributes: attributes(resource) },
          scopeSpans: [{ scope: { name: 'rollout.agent' }, spans }],
        },
      ],
    }
  })
  return {
    files: [{ path: 'traces/spans.jsonl', content: jsonLines(rows) }],
    carries: onlyTraceIds ? plain : all,
  }
}

function claudeCode(facts: Facts): Traces {
  const files = facts.episodes.map((episode) => {
    const session = uuid(episode.id)
    const rows: object[] = []
    let parentUuid: string | null = null
    const add = (us: number, body: object) => {
      const id = uuid(`${session}/${rows.length}`)
      rows.push({
        parentUuid,
        isSidechain: false,
        userType: 'external',
        cwd: '/home/agent/src',
        sessionId: session,
        version: '2.1.14',
        gitBranch: 'main',
        ...body,
        uuid: id,
        timestamp: isoMs(us),
      })
      parentUuid = id
    }
    add(episode.startUs, { type: 'user', message: { role: 'user', content: 'Make the tests pass.' } })
    for (const turn of turnsOf(episode)) {
      for (const call of turn) {
        add(call.askedUs, {
          type: 'assistant',
          requestId: `req_${hex(turn[0]!.sourceId, 20)}`,
          message: {
            id: `msg_${hex(turn[0]!.sourceId, 20)}`,
            type: 'message',
            role: 'assistant',
            content: [
              { type: 'tool_use', id: call.sourceId, name: 'Bash', input: { command: call.command } },
            ],
          },
        })
      }
      for (const call of [...turn].sort((a, b) => a.endUs - b.endUs)) {
        add(call.endUs + 6000, {
          type: 'user',
          message: {
            role: 'user',
            content: [
              {
                tool_use_id: call.sourceId,
                type: 'tool_result',
                content: call.output,
                is_error: call.exitCode !== 0,
              },
            ],
          },
          toolUseResult: { stdout: call.output, stderr: '', interrupted: false, isImage: false },
        })
      }
    }
    return {
      path: `traces/${episode.box.containerId}/projects/-home-agent-src/${session}.jsonl`,
      content: jsonLines(rows),
    }
  })
  return { files, carries: plain }
}

/** Every other session keeps the executor's events, the others only the model's items. */
function codex(facts: Facts): Traces {
  const files = facts.episodes.map((episode) => {
    const session = uuid(episode.id)
    const rows: { us: number; type: string; payload: object }[] = []
    const add = (us: number, type: string, payload: object) => rows.push({ us, type, payload })
    add(episode.startUs, 'session_meta', {
      id: session,
      cwd: '/home/agent/src',
      originator: 'codex_cli_rs',
      cli_version: '0.61.0',
    })
    for (const turn of turnsOf(episode)) {
      for (const call of turn) {
        add(call.askedUs, 'response_item', {
          type: 'function_call',
          name: 'exec_command',
          arguments: JSON.stringify({ cmd: call.command }),
          call_id: call.sourceId,
        })
      }
      for (const call of turn) {
        if (episode.index % 2 === 0) {
          const command = ['bash', '-lc', call.command]
          add(call.startUs, 'event_msg', {
            type: 'exec_command_begin',
            call_id: call.sourceId,
            started_at_ms: Math.floor(call.startUs / 1000),
            command,
            cwd: '/home/agent/src',
          })
          const took = call.endUs - call.startUs
          add(call.endUs, 'event_msg', {
            type: 'exec_command_end',
            call_id: call.sourceId,
            completed_at_ms: Math.floor(call.endUs / 1000),
            command,
            exit_code: call.exitCode,
            duration: { secs: Math.floor(took / 1e6), nanos: (took % 1e6) * 1000 },
            aggregated_output: call.output,
          })
        }
        add(call.endUs + 4000, 'response_item', {
          type: 'function_call_output',
          call_id: call.sourceId,
          output: JSON.stringify({ output: call.output, metadata: { exit_code: call.exitCode } }),
        })
      }
    }
    rows.sort((a, b) => a.us - b.us)
    const day = isoMs(episode.startUs).slice(0, 10).replaceAll('-', '/')
    const stamp = isoMs(episode.startUs).slice(0, 19).replaceAll(':', '-')
    return {
      path: `traces/${episode.box.containerId}/sessions/${day}/rollout-${stamp}-${session}.jsonl`,
      content: jsonLines(rows.map(({ us, type, payload }) => ({ timestamp: isoMs(us), type, payload }))),
    }
  })
  return { files, carries: plain }
}

function atif(facts: Facts): Traces {
  const files = facts.episodes.map((episode) => {
    const steps: object[] = [
      { step_id: 1, timestamp: isoMs(episode.startUs), source: 'user', message: 'Make the tests pass.' },
    ]
    for (const turn of turnsOf(episode)) {
      steps.push({
        step_id: steps.length + 1,
        timestamp: isoMs(turn[0]!.askedUs),
        source: 'agent',
        message: '',
        model_name: 'policy-30b',
        tool_calls: turn.map((call) => ({
          tool_call_id: call.sourceId,
          function_name: 'bash',
          arguments: { command: call.command },
        })),
        observation: {
          results: turn.map((call) => ({ source_call_id: call.sourceId, content: call.output })),
        },
      })
    }
    steps.push({
      step_id: steps.length + 1,
      timestamp: isoMs(episode.endUs + 400_000),
      source: 'agent',
      message: 'Done.',
    })
    const content = JSON.stringify(
      {
        schema_version: 'ATIF-v1.7',
        session_id: episode.id,
        agent: { name: 'coder', version: '1.0', model_name: 'policy-30b' },
        steps,
        final_metrics: {},
      },
      null,
      1,
    )
    return { path: `jobs/${episode.box.containerId}/task__${episode.index}/agent/trajectory.json`, content }
  })
  return { files, carries: plain }
}

function miniSwe(facts: Facts): Traces {
  const files = facts.episodes.map((episode) => {
    const messages: object[] = [
      { role: 'system', content: 'You are an engineer.' },
      { role: 'user', content: 'Make the tests pass.' },
    ]
    for (const turn of turnsOf(episode)) {
      messages.push({
        role: 'assistant',
        content: 'THOUGHT',
        tool_calls: turn.map((call) => ({
          id: call.sourceId,
          type: 'function',
          function: { name: 'bash', arguments: argumentsOf(call) },
        })),
        extra: {
          actions: turn.map((call) => ({ command: call.command, tool_call_id: call.sourceId })),
          cost: 0.01,
          timestamp: turn[0]!.askedUs / 1e6,
        },
      })
      for (const call of turn) {
        messages.push({
          role: 'tool',
          tool_call_id: call.sourceId,
          content: `<returncode>${call.exitCode}</returncode>`,
          extra: {
            raw_output: call.output,
            returncode: call.exitCode,
            timestamp: (endOf(turn) + 1000) / 1e6,
          },
        })
      }
    }
    const content = JSON.stringify(
      {
        info: {
          mini_version: '2.1.0',
          config: { environment: { image: 'swe:1' } },
          exit_status: 'Submitted',
          submission: '',
        },
        messages,
        trajectory_format: 'mini-swe-agent-1.1',
        instance_id: episode.id,
      },
      null,
      2,
    )
    return { path: `runs/${episode.box.name}/${episode.id}/${episode.id}.traj.json`, content }
  })
  return { files, carries: plain }
}

function openhands(facts: Facts, localMinutes: number): Traces {
  const files: TraceFile[] = []
  const local = (us: number) => isoMicros(us + localMinutes * 60e6, '')
  for (const episode of facts.episodes) {
    const conversation = uuid(episode.id)
    let n = 0
    const add = (us: number, body: object) => {
      const id = uuid(`${conversation}/${n}`)
      files.push({
        path: `openhands/conversations/${conversation}/events/event-${digits(n++, 5)}-${id}.json`,
        content: JSON.stringify({ id, timestamp: local(us), ...body }),
      })
      return id
    }
    add(episode.startUs, {
      kind: 'MessageEvent',
      source: 'user',
      llm_message: { role: 'user', content: [{ type: 'text', text: 'Make the tests pass.' }] },
    })
    for (const turn of turnsOf(episode)) {
      const asked = turn.map((call) =>
        add(call.askedUs, {
          kind: 'ActionEvent',
          source: 'agent',
          thought: [],
          action: { kind: 'TerminalAction', command: call.command, is_input: false },
          tool_name: 'terminal',
          tool_call_id: call.sourceId,
          tool_call: {
            id: call.sourceId,
            name: 'terminal',
            arguments: argumentsOf(call),
            origin: 'completion',
          },
          llm_response_id: `r${hex(turn[0]!.sourceId, 12)}`,
          security_risk: 'LOW',
        }),
      )
      for (const [i, call] of turn.entries()) {
        add(call.endUs + 3000, {
          kind: 'ObservationEvent',
          source: 'environment',
          tool_name: 'terminal',
          tool_call_id: call.sourceId,
          action_id: asked[i],
          observation: {
            kind: 'TerminalObservation',
            content: [{ type: 'text', text: call.output }],
            command: call.command,
            exit_code: call.exitCode,
            metadata: {
              exit_code: call.exitCode,
              pid: 88,
              username: 'agent',
              hostname: call.box.containerId,
              working_dir: '/home/agent/src',
            },
          },
        })
      }
    }
  }
  return { files, carries: plain }
}

function inspectEval(facts: Facts): Traces {
  const zone = '+00:00'
  const members = facts.episodes.map((episode): [string, string] => {
    const events: object[] = []
    for (const turn of turnsOf(episode)) {
      const first = turn[0]!
      events.push({
        event: 'model',
        timestamp: isoMicros(first.askedUs - 400_000, zone),
        completed: isoMicros(first.askedUs, zone),
        model: 'policy-30b',
        span_id: `m${first.turn}`,
      })
      for (const call of turn) {
        const span = hex(call.sourceId, 12)
        events.push({
          event: 'tool',
          id: call.sourceId,
          function: 'bash',
          arguments: { cmd: call.command },
          result: call.output,
          timestamp: isoMicros(call.startUs, zone),
          completed: isoMicros(call.endUs, zone),
          working_time: (call.endUs - call.startUs) / 1e6,
          span_id: span,
          error: null,
        })
        events.push({
          event: 'sandbox',
          action: 'exec',
          cmd: `bash --login -c '${call.command.replaceAll("'", `'"'"'`)}'`,
          result: call.exitCode,
          output: call.output,
          timestamp: isoMicros(call.startUs + 500, zone),
          completed: isoMicros(call.endUs - 200, zone),
          span_id: span,
        })
      }
    }
    const sample = {
      id: episode.id,
      epoch: 1,
      input: 'Make the tests pass.',
      target: '',
      messages: [],
      scores: { tests: { value: episode.reward } },
      started_at: isoMicros(episode.startUs, zone),
      completed_at: isoMicros(episode.endUs, zone),
      events,
      attachments: {},
    }
    return [`samples/${episode.id}_epoch_1.json`, JSON.stringify(sample)]
  })
  const header = JSON.stringify({
    version: 2,
    status: 'success',
    eval: { run_id: facts.run, task: 'swe', created: isoMs(facts.agentsFromUs) },
  })
  return {
    files: [
      {
        path: `inspect/${facts.run}.eval`,
        content: zip([['_journal/start.json', header], ...members, ['header.json', header]]),
      },
    ],
    carries: { episode: true, step: false, reward: true },
  }
}

function nemoGym(facts: Facts): Traces {
  const rows = facts.episodes.map((episode) => ({
    _ng_task_index: episode.index,
    _ng_rollout_index: 0,
    response: {
      output: episode.calls.flatMap((call) => [
        { type: 'function_call', call_id: call.sourceId, name: 'bash', arguments: argumentsOf(call) },
        { type: 'function_call_output', call_id: call.sourceId, output: call.output },
      ]),
    },
    reward: episode.reward,
    ng_trajectory: {
      schema_version: '1.0',
      task_id: String(episode.index),
      rollout_id: episode.id,
      turns: [],
      model_calls: turnsOf(episode).map(([first], i) => ({
        model_call_id: `m${i}`,
        started_at: (first!.askedUs - 300_000) / 1e6,
        completed_at: first!.askedUs / 1e6,
        duration_ms: 300,
      })),
      tool_calls: episode.calls.map((call) => ({
        tool_call_id: call.sourceId,
        sandbox_id: call.box.name,
        tool_name: 'bash',
        started_at: call.startUs / 1e6,
        completed_at: call.endUs / 1e6,
        duration_ms: (call.endUs - call.startUs) / 1000,
        timing_source: 'executor',
        status: 'completed',
        output: call.output,
      })),
      gaps: [],
    },
  }))
  return {
    files: [{ path: 'nemo/rollouts.jsonl', content: jsonLines(rows) }],
    carries: { episode: true, step: false, reward: true },
  }
}

function verifiers(facts: Facts): Traces {
  const bySteps = new Map<number, object[]>()
  for (const episode of facts.episodes) {
    const nodes: object[] = [
      { parent: null, message: { role: 'user', content: 'Make the tests pass.' }, sampled: false },
    ]
    const calls: object[] = []
    for (const turn of turnsOf(episode)) {
      const asked = turn[0]!.askedUs
      nodes.push({
        parent: nodes.length - 1,
        message: {
          role: 'assistant',
          content: '',
          tool_calls: turn.map((call) => ({ id: call.sourceId, name: 'bash', arguments: argumentsOf(call) })),
        },
        sampled: true,
        timestamp: asked / 1e6,
      })
      calls.push({ node: nodes.length - 1, time: { start: (asked - 400_000) / 1e6, end: asked / 1e6 } })
      for (const call of turn)
        nodes.push({
          parent: nodes.length - 1,
          message: { role: 'tool', tool_call_id: call.sourceId, content: call.output },
          sampled: false,
          timestamp: endOf(turn) / 1e6,
        })
    }
    const rows = bySteps.get(episode.step) ?? []
    rows.push({
      id: episode.id,
      env: { id: 'swe' },
      task: { id: 't1' },
      group: { id: `g${episode.index}` },
      run: {
        type: 'train',
        id: facts.run,
        name: facts.run,
        work: { type: 'train', step: episode.step, policy: { start: episode.step - 1, end: episode.step } },
      },
      ok: true,
      errors: [],
      traces: [
        {
          version: 1,
          id: `t${episode.index}`,
          agent: { runtime: { type: 'docker', id: episode.box.containerId, image: 'swe:1' } },
          nodes,
          calls,
          rewards: { pass: { score: episode.reward, weight: 1 } },
          timing: {
            start: episode.startUs / 1e6,
            agent: { start: episode.startUs / 1e6, end: episode.endUs / 1e6 },
          },
          stop_condition: 'done',
        },
      ],
    })
    bySteps.set(episode.step, rows)
  }
  const files = [...bySteps].map(([step, rows]) => ({
    path: `rollouts/step_${step}/train/all/traces.jsonl`,
    content: jsonLines(rows),
  }))
  return { files, carries: all }
}

/** Records of ROCK's Admin, in order of time, with the line each begins at. */
class RockLog {
  readonly #records: { us: number; box: string; trace: string; body: object; call: string | undefined }[] = []

  exchange(us: number, doneUs: number, box: string, trace: string, content: object, call?: string): void {
    const headers = {
      host: 'rock-admin.example.com:8080',
      authorization: 'Bearer made-up-secret',
      'content-type': 'application/json',
      ...(trace.includes('step') ? { 'eagleeye-traceid': trace } : {}),
    }
    const body = {
      access_type: 'request',
      method: 'POST',
      url: 'http://rock-admin.example.com:8080/apis/envs/sandbox/v1/run_in_session',
      headers,
      request_content: { action_type: 'bash', ...content, sandbox_id: box },
    }
    this.#records.push({ us, box, trace, body, call })
    this.#records.push({
      us: doneUs,
      box,
      trace,
      body: {
        access_type: 'response',
        status_code: 200,
        process_time: `${((doneUs - us) / 1000).toFixed(2)}ms`,
      },
      call: undefined,
    })
  }

  write(path: string): { file: TraceFile; callAt: Map<string, string> } {
    const callAt = new Map<string, string>()
    let line = 1
    const texts = this.#records
      .sort((a, b) => a.us - b.us)
      .map(({ us, box, trace, body, call }) => {
        if (call !== undefined) callAt.set(`${path}:${line}`, call)
        const request = 'method' in body
        const text = `${isoMs(us + 480 * 60e6).slice(0, 23)}+08:00 INFO:main.py:${request ? 335 : 347} [accessLog] [${box}] [${trace}] -- ${JSON.stringify(body, null, 2)}\n`
        line += text.split('\n').length - 1
        return text
      })
    return { file: { path, content: texts.join('') }, callAt }
  }
}

/** Agent-native mode: the model's answers are handed into the sandbox, where the agent acts on them. */
function rockAnswers(facts: Facts): Traces {
  const log = new RockLog()
  for (const episode of facts.episodes) {
    const box = episode.box.name
    const session = `bash-${Math.floor(episode.startUs / 1000)}`
    const turns = turnsOf(episode)
    for (const [i, turn] of turns.entries()) {
      const askedUs = turn[0]!.askedUs
      const reply = {
        id: `r${i}`,
        choices: [
          {
            index: 0,
            message: {
              role: 'assistant',
              content: '',
              tool_calls: turn.map((call) => ({
                id: call.sourceId,
                type: 'function',
                function: { name: 'bash', arguments: argumentsOf(call) },
              })),
            },
            finish_reason: 'tool_calls',
          },
        ],
      }
      const inner = `export PATH=/opt/rock/bin:$PATH && PYTHONWARNINGS=ignore rock model-service anti-call-llm --index ${i + 1} --response ${quote(JSON.stringify(reply))}`
      const out = `/tmp/tmp_${Math.floor(askedUs / 1000)}.out`
      const nohup = `nohup bash -c ${quote(inner)} < /dev/null > ${out} 2>&1 & echo __ROCK_PID_START__\${!}__ROCK_PID_END__;disown`
      const trace = (n: string | number) => hex(`${episode.id}/${i}/${n}`, 32)
      log.exchange(askedUs, askedUs + 40_000, box, trace('a'), { session, command: nohup, timeout: 30 })
      // The SDK looks every half second whether the agent has asked again, then reads what it asked.
      // The SDK looks every half second whether the agent has asked again, and reads what it asked before the
      // model is asked.
      const endUs = endOf(turn)
      const nextUs = turns[i + 1]?.[0]?.askedUs ?? Number.POSITIVE_INFINITY
      const doneUs = Math.max(
        endUs,
        Math.min(askedUs + Math.ceil((endUs - askedUs) / 500_000) * 500_000, nextUs - 60_000),
      )
      for (let n = 1, at = askedUs + 500_000; at < endUs; at += 500_000)
        log.exchange(at, at + 9000, box, trace(n++), { session, command: 'kill -0 4711' })
      log.exchange(doneUs, doneUs + 9000, box, trace('k'), { session, command: 'kill -0 4711' })
      log.exchange(Math.min(doneUs + 20_000, nextUs - 2000), doneUs + 32_000, box, trace('c'), {
        session,
        command: `cat ${out}`,
      })
    }
  }
  return {
    files: [log.write('rock/admin/access.log').file],
    carries: { episode: false, step: false, reward: false },
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`
}

/** The trainer sends the commands itself; its trace id tells the episode and the step. */
function rockCommands(facts: Facts): Traces {
  const log = new RockLog()
  for (const episode of facts.episodes) {
    for (const call of episode.calls) {
      log.exchange(
        call.startUs,
        call.endUs,
        episode.box.name,
        `train_step${episode.step}_${episode.id}`,
        { session: 'bash-1', command: call.command, timeout: 30 },
        call.sourceId,
      )
    }
  }
  const { file, callAt } = log.write('rock/admin/access.log')
  return { files: [file], callAt, carries: { episode: true, step: true, reward: false } }
}

function rollRollout(facts: Facts, localMinutes: number): Traces {
  const bySteps = new Map<number, Episode[]>()
  for (const episode of facts.episodes)
    bySteps.set(episode.step, [...(bySteps.get(episode.step) ?? []), episode])
  const files = [...bySteps].map(([step, episodes]) => {
    const trajectories = episodes.map((episode) => {
      const saveUs = episode.endUs + 30_000
      const saved = isoMicros(saveUs + localMinutes * 60e6, '')
      const compact = `${saved.slice(0, 10).replaceAll('-', '')}_${saved.slice(11, 19).replaceAll(':', '')}_${saved.slice(20)}`
      return JSON.stringify({
        trajectory_id: `swe_${step - 1}_${step}_${episode.index}_${episode.index}_0_7_${compact}`,
        current_step: step,
        env_info: {
          env_id: episode.index,
          group_id: episode.index,
          tag: 'swe',
          seed: 7,
          episode_id: 0,
          max_steps: 40,
          mode: 'train',
          task_id: 't1',
          task_name: 'swe',
          sandbox_image: 'swe:1',
          sandbox_ip: episode.box.host.ip,
          sandbox_id: episode.box.name,
        },
        timing_info: {
          traj_save_time: saved,
          traj_time_env_total: (episode.endUs - episode.startUs) / 1e6,
          traj_time_reset: 0.2,
        },
        reward_info: { episode_reward: episode.reward, step_rewards: [] },
        failure_info: { failure_mode: '', stop_reason: 'done', error_messages: [], test_output: '' },
      })
    })
    const messages = episodes.map((episode) => {
      const list: object[] = [
        { role: 'system', content: 'You are an engineer.' },
        { role: 'user', content: 'Make the tests pass.' },
      ]
      for (const turn of turnsOf(episode)) {
        list.push({
          role: 'assistant',
          content: '',
          tool_calls: turn.map((call) => ({
            id: call.sourceId,
            type: 'function',
            function: { name: 'bash', arguments: argumentsOf(call) },
          })),
        })
        for (const call of turn)
          list.push({ role: 'tool', tool_call_id: call.sourceId, content: call.output })
      }
      return JSON.stringify([list])
    })
    const row = {
      trajectory_data: trajectories,
      messages,
      tools: episodes.map(() => '[]'),
      exp_name: episodes.map(() => facts.run),
      global_step: episodes.map(() => step),
    }
    return { path: `roll/rollout_dump_data.step_${step}.jsonl`, content: `${JSON.stringify(row)}\n` }
  })
  return { files, carries: all }
}

/** A zip with deflated members, as Inspect wrote them before it turned to zstd. */
function zip(members: readonly (readonly [string, string])[]): Uint8Array {
  const chunks: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, text] of members) {
    const data = Buffer.from(text)
    const packed = deflateRawSync(data)
    const nameBytes = Buffer.from(name)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(0x800, 2)
    fields.writeUInt16LE(8, 4)
    fields.writeUInt32LE(crc32(data), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(data.length, 18)
    fields.writeUInt16LE(nameBytes.length, 22)
    chunks.push(Buffer.from('PK\x03\x04', 'latin1'), fields, nameBytes, packed)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02', 'latin1'), Buffer.from([20, 0]), fields, rest, nameBytes)
    offset += 30 + nameBytes.length + packed.length
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(members.length, 4)
  end.writeUInt16LE(members.length, 6)
  end.writeUInt32LE(size, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...chunks, ...directory, Buffer.from('PK\x05\x06', 'latin1'), end])
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}

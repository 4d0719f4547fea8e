// One episode as a Claude Code transcript: a message a line, stamped when it was written, not when the tool ran.

import { createHash } from 'node:crypto'
import type { CallRecord, EpisodeLog } from '../agents/driver.ts'

export interface Transcript {
  /** Below the box's folder, as Claude Code lays it out. */
  readonly path: string
  readonly lines: readonly string[]
}

export function writeClaude(log: EpisodeLog): Transcript {
  const session = log.episode.id
  const lines: string[] = []
  let parent: string | null = null
  const add = (us: number, body: object) => {
    const uuid = uuidOf(`${session}/${lines.length}`)
    lines.push(
      JSON.stringify({
        parentUuid: parent,
        isSidechain: false,
        userType: 'external',
        cwd: '/home/agent/src',
        sessionId: session,
        version: '2.1.14',
        gitBranch: 'main',
        ...body,
        uuid,
        timestamp: new Date(Math.floor(us / 1000)).toISOString(),
      }),
    )
    parent = uuid
  }
  add(log.startUs, { type: 'user', message: { role: 'user', content: log.episode.task } })
  for (const turn of groupTurns(log.calls)) {
    const message = hex(`${session}/${turn[0]!.turn}`, 22)
    for (const call of turn) {
      add(call.askedUs, {
        type: 'assistant',
        requestId: `req_${message}`,
        message: {
          id: `msg_${message}`,
          type: 'message',
          role: 'assistant',
          model: 'policy-30b',
          content: [{ type: 'tool_use', id: call.sourceId, ...toolUse(call) }],
          stop_reason: 'tool_use',
          usage: { input_tokens: 900 + call.turn * 310, output_tokens: 40 + (call.step.command.length >> 2) },
        },
      })
    }
    for (const call of [...turn].sort((a, b) => a.endUs - b.endUs)) {
      const failed = call.exitCode !== 0
      // The line is written once the result is in: a few milliseconds late.
      add(call.endUs + 6000, {
        type: 'user',
        message: {
          role: 'user',
          content: [
            {
              tool_use_id: call.sourceId,
              type: 'tool_result',
              content: failed ? `Exit code ${call.exitCode}\n${call.output}` : call.output,
              is_error: failed,
            },
          ],
        },
        toolUseResult: failed
          ? `Error: Exit code ${call.exitCode}`
          : { stdout: call.output, stderr: '', interrupted: false, isImage: false },
      })
    }
  }
  return { path: `projects/-home-agent-src/${session}.jsonl`, lines }
}

function toolUse({ step }: CallRecord): object {
  return step.write
    ? { name: 'Write', input: { file_path: step.write.path, content: step.write.content } }
    : { name: 'Bash', input: { command: step.command } }
}

function groupTurns(calls: readonly CallRecord[]): CallRecord[][] {
  const turns: CallRecord[][] = []
  for (const call of calls) {
    const last = turns[turns.length - 1]
    if (last && last[0]!.turn === call.turn) last.push(call)
    else turns.push([call])
  }
  return turns
}

function hex(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits)
}

function uuidOf(text: string): string {
  const h = hex(text, 32)
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`
}

// Works through one box's episodes: each call runs under a group id of its own, so that the kernel can say
// later which call a connection belongs to.

import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { agentUid, type BoxPlan, callGidsPerBox, firstCallGid, type HostPlan, type LabPlan } from '../plan.ts'
import type { Random } from '../random.ts'
import type { Space } from '../range/space.ts'
import { type Episode, planEpisode, type Step } from './episode.ts'

export interface CallRecord {
  readonly sourceId: string
  readonly gid: number
  readonly turn: number
  readonly step: Step
  /** µs since the epoch: when the model's reply was complete, when the program started and when it ended. */
  readonly askedUs: number
  readonly startUs: number
  readonly endUs: number
  readonly exitCode: number
  readonly output: string
}

export interface EpisodeLog {
  readonly box: BoxPlan
  readonly host: HostPlan
  readonly episode: Episode
  readonly calls: CallRecord[]
  readonly startUs: number
  endUs: number
}

/** µs since the epoch. */
export function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}

const callSecondsMax = 10
const outputChars = 2000

/** Runs episodes one after the other until `untilMs` (epoch) or the signal; the box is emptied between them. */
export async function driveBox(
  space: Space,
  { plan, host, box }: { plan: LabPlan; host: HostPlan; box: BoxPlan },
  {
    random,
    untilMs,
    signal,
    log,
  }: { random: Random; untilMs: number; signal: AbortSignal; log: EpisodeLog[] },
): Promise<void> {
  let callNumber = 0
  const stop = () => signal.aborted || Date.now() >= untilMs || callNumber >= callGidsPerBox - 2
  await sleep(random.int(0, 1500), undefined, { signal }).catch(() => {})
  for (let number = 0; !stop(); number++) {
    const episode = planEpisode(plan, { box, host }, number, random)
    const entry: EpisodeLog = { box, host, episode, calls: [], startUs: nowUs(), endUs: 0 }
    log.push(entry)
    for (const [turn, { thinkMs, steps }] of episode.turns.entries()) {
      await sleep(thinkMs, undefined, { signal }).catch(() => {})
      if (stop()) break
      const calls = steps.map((step) => {
        const gid = firstCallGid + box.index * callGidsPerBox + callNumber++
        const sourceId = host.trace === 'otlp' ? `call_${random.hex(20)}` : `toolu_01${random.hex(20)}`
        return runCall(space, { sourceId, gid, turn, step }, random.int(3, 45))
      })
      entry.calls.push(...(await Promise.all(calls)))
    }
    entry.endUs = nowUs()
    await emptyBox(space)
  }
}

/** What an episode left running ends with it, as a sandbox is given back. */
async function emptyBox(space: Space): Promise<void> {
  await space
    .run([
      'setpriv',
      '--reuid',
      String(agentUid),
      '--clear-groups',
      'bash',
      '-c',
      'kill -9 -1; rm -rf /home/agent/src/* /tmp/*',
    ])
    .catch(() => {})
}

const environment = {
  HOME: '/home/agent',
  PATH: '/home/agent/.local/bin:/usr/local/bin:/usr/bin:/bin',
  LANG: 'C.UTF-8',
  GIT_TERMINAL_PROMPT: '0',
  CURL_CA_BUNDLE: '/run/vg/ca.pem',
  GIT_SSL_CAINFO: '/run/vg/ca.pem',
  NODE_EXTRA_CA_CERTS: '/run/vg/ca.pem',
}

async function runCall(
  space: Space,
  call: Pick<CallRecord, 'sourceId' | 'gid' | 'turn' | 'step'>,
  lagMs: number,
): Promise<CallRecord> {
  const askedUs = nowUs()
  await sleep(lagMs) // Between the model's last token and the tool: parsing, hooks, permission.
  const startUs = nowUs()
  const as = [
    'setpriv',
    '--reuid',
    String(agentUid),
    '--regid',
    String(call.gid),
    '--clear-groups',
    '--inh-caps=-all',
  ]
  const shell = [
    'timeout',
    '-k',
    '1',
    String(callSecondsMax),
    'bash',
    '-c',
    `cd /home/agent/src; ${call.step.command}`,
  ]
  const [command, args] = space.inside([...as, ...shell])
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment, detached: true })
  let output = ''
  const collect = (data: Buffer) => {
    if (output.length < outputChars) output += data.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  child.stdin.on('error', () => {})
  child.stdin.end(call.step.write?.content ?? '')
  const exitCode = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(127))
    // Not 'close': what the call left running may hold the pipes for as long as it lives.
    child.on('exit', (code) => resolve(code ?? 137))
  })
  const endUs = nowUs()
  await sleep(5) // The last words are still in the pipe.
  child.stdout.destroy()
  child.stderr.destroy()
  return { ...call, askedUs, startUs, endUs, exitCode, output: output.slice(0, outputChars) }
}

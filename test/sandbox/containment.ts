// Stopping what was found: is it really stopped, is the proof kept, and does nobody else notice?

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSandbox, type Sandbox } from '../../src/pipeline/live/open-sandbox.ts'
import type { RecordedLine } from '../../src/schema/journal.ts'
import type { Mark, Outcome } from './expectations.ts'
import { readLines } from './run-attempts.ts'
import { outside, type World } from './world.ts'

const group = 23

/** Threads, forks and a detached process that count; one that mines and comes back when it is cut. */
const hostile = `
import os, socket, threading, time
def count(name):
    while True:
        with open('count.' + name, 'a') as f: f.write('x')
        time.sleep(0.005)
def mine():
    n = 0
    while True:
        try:
            s = socket.create_connection(('any.allowed.example', int(os.environ['PORT_ECHO'])), 5)
            open('connected', 'a').write('x')
            s.sendall(b'{"id":1,"method":"mining.subscribe","params":["hostile/1"]}\\n')
            while True:
                s.sendall(b'{"id":2,"method":"mining.submit","params":[]}\\n')
                n += 1
                if not s.recv(4096): break
        except OSError as error:
            open('errors', 'a').write(type(error).__name__ + ' ')
        time.sleep(0.02)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: count('detached')
    os._exit(0)
if os.fork() == 0: count('forked')
threading.Thread(target=count, args=('thread',), daemon=True).start()
mine()
`

/** Forks without end, as far as its limit lets it. */
const forkBomb = `
import os, time
open('count.bomb', 'a').write('x')
while True:
    try:
        os.fork()
        open('count.bomb', 'a').write('x')
    except OSError:
        time.sleep(0.001)
`

const counting = `
import os, socket, time
s = socket.create_connection(('echo.allowed.example', int(os.environ['PORT_ECHO'])), 5)
for i in range(100000):
    s.sendall(b'neighbour\\n')
    if not s.recv(100): break
    open('count.neighbour', 'a').write('x')
    time.sleep(0.01)
`

/** What does not hold without root. */
const userHoles: Readonly<Record<string, string>> = {
  'fork-bomb-during-kill':
    'without control groups processes are killed one by one, and a fork bomb may be quicker',
}

export interface Stopped {
  readonly outcomes: readonly Outcome[]
  /** From the first hostile byte that reached the gateway to the freeze's acknowledgement, as the journal has it. Milliseconds. */
  readonly toFrozenMs: number
}

export async function containment(world: World): Promise<Stopped> {
  const base = mkdtempSync(join(tmpdir(), 'containment-'))
  const outcomes: Outcome[] = []
  const opened: Sandbox[] = []
  const open = async (name: string, findings: object) => {
    const workdir = join(base, name)
    mkdirSync(workdir)
    const echo = Number(world.env.PORT_ECHO)
    const box = await openSandbox({
      record: join(base, `${name}-recording`),
      workdir,
      env: world.env,
      policy: {
        version: 1,
        allow: [
          { host: 'any.allowed.example', ports: [echo], protocols: ['any'] },
          { host: 'echo.allowed.example', ports: [echo] },
        ],
        findings,
        resources: { processes: 300 },
        network: { resolver: world.resolver, private: [outside] },
      },
    })
    opened.push(box)
    return {
      box,
      lines: () => readLines(join(base, `${name}-recording`, 'journal.jsonl')),
      size: (file: string) => sizeOf(join(workdir, file)),
      text: (file: string) => readFileSync(join(workdir, file), 'utf8'),
      recording: join(base, `${name}-recording`),
    }
  }
  const say = (name: string, marks: readonly [Mark, Mark, Mark], problems: readonly string[] = []) =>
    outcomes.push({
      group,
      name,
      decided: marks[0],
      recorded: marks[1],
      attributed: marks[2],
      problems,
      ...(userHoles[name] !== undefined && process.getuid?.() !== 0 && { hole: userHoles[name] }),
    })
  /** Each fact: what it says when it does not hold. */
  const judge = (name: string, decided: Facts, recorded: Facts, attributed: Facts) => {
    const mark = (facts: Facts): Mark => (Object.values(facts).every(Boolean) ? 'yes' : 'no')
    const wrong = [decided, recorded, attributed].flatMap((facts) =>
      Object.entries(facts).flatMap(([text, holds]) => (holds ? [] : [`it does not hold that ${text}`])),
    )
    say(name, [mark(decided), mark(recorded), mark(attributed)], wrong)
  }
  try {
    const other = await open('neighbours', {})
    const ours = await open('hostile', { mining: 'freeze' })
    // In a file, so that only its bytes can give it away.
    const run = (box: Sandbox, id: string, program: string) => {
      const folder = join(base, box === ours.box ? 'hostile' : 'neighbours')
      writeFileSync(join(folder, `${id}.py`), program)
      return box.exec({ command: ['python3', `${id}.py`], toolCall: { id, name: 'bash' } })
    }
    const neighbour = run(other.box, 'neighbour', counting)
    const sibling = run(ours.box, 'sibling', counting.replace('count.neighbour', 'count.sibling'))
    const isFreeze = (line: RecordedLine) => line.class === 'api_activity' && line.operation === 'freeze'
    await until(() => ours.size('count.sibling') > 0 && other.size('count.neighbour') > 0)
    const miner = run(ours.box, 'miner', hostile)
    await until(() => ours.lines().some(isFreeze))
    // What was relayed before the freeze was acknowledged may lie unread at the listener, which is in this process.
    await sleep(150)
    const counters = ['count.detached', 'count.forked', 'count.thread']
    const sizes = () => counters.map(ours.size)
    const heard = () =>
      [...world.heard].reduce((sum, [first, bytes]) => sum + (first.includes('["hostile/1') ? bytes : 0), 0)
    const [sizesAt, heardAt, neighbourAt, siblingAt] = [
      sizes(),
      heard(),
      other.size('count.neighbour'),
      ours.size('count.sibling'),
    ]
    await sleep(600)
    const frozen = ours.lines().find(isFreeze)
    const acts = (lines: readonly RecordedLine[], operation: string) =>
      lines.flatMap((line) => (line.class === 'api_activity' && line.operation === operation ? [line] : []))
    const [freeze] = acts(ours.lines(), 'freeze')
    const targetOf = (line: { readonly target?: string } | undefined, call: string) =>
      line?.target === call ||
      ours
        .lines()
        .some((one) => one.class === 'execute_tool' && one.toolCall === call && one.unit === line?.target)
    judge(
      'freeze-stops-all-threads',
      {
        'nothing of the call ran on': sizes().join() === sizesAt.join(),
        'the freeze was answered with ok': freeze?.ok === true,
      },
      { 'the freeze is in the journal': freeze !== undefined },
      { 'it names the miner': targetOf(freeze, 'miner') },
    )
    judge(
      'no-byte-after-freeze',
      { 'no byte reached the outside': heard() === heardAt && heardAt > 0 },
      {
        'the connection has its closing line': ours
          .lines()
          .some(
            (line) =>
              line.class === 'network_activity' && line.activity === 'close' && callOf(line) === 'miner',
          ),
      },
      {
        'it is the miner’s': ours
          .lines()
          .some(
            (line) =>
              line.class === 'network_activity' && line.activity === 'close' && callOf(line) === 'miner',
          ),
      },
    )
    judge(
      'siblings-run-on',
      { 'a call beside it ran on': ours.size('count.sibling') > siblingAt },
      { 'its connection is in the journal': ours.lines().some((line) => callOf(line) === 'sibling') },
      {
        'it was not blamed': !ours
          .lines()
          .some((line) => line.class === 'detection_finding' && line.finding.toolCalls?.includes('sibling')),
      },
    )
    await ours.box.thaw('miner')
    await until(() =>
      ours.lines().some((line) => line.class === 'network_activity' && line.activity === 'refuse'),
    )
    await sleep(200)
    const refused = ours
      .lines()
      .filter((line) => line.class === 'network_activity' && line.activity === 'refuse')
    judge(
      'reconnect-after-thaw-refused',
      {
        'what was running runs again': sizes().every((size, i) => size > (sizesAt[i] ?? 0)),
        'nothing more got out': heard() === heardAt,
      },
      {
        'the attempt is in the journal': refused.length > 0,
        'the thaw is': acts(ours.lines(), 'thaw').length > 0,
      },
      { 'it is the miner’s': refused.every((line) => callOf(line) === 'miner') },
    )
    const killed = await ours.box.kill('miner')
    const afterKill = sizes()
    await sleep(300)
    const [kill] = acts(ours.lines(), 'kill')
    judge(
      'kill-leaves-no-process',
      {
        'nothing ran on': sizes().join() === afterKill.join(),
        'it was answered with ok': killed.ok,
        'the exec ended': (await miner).exitCode !== 0,
      },
      { 'the kill is in the journal': kill?.ok === true },
      { 'it names the miner': targetOf(kill, 'miner') },
    )
    const evidence = evidenceIn(ours.recording)
    judge(
      'evidence-before-the-kill',
      { 'there is evidence': evidence !== undefined },
      {
        'it has the process tree': (evidence?.processes.length ?? 0) >= 3,
        'descriptors and maps':
          evidence?.processes.some((one) => one.descriptors.length > 0 && one.maps.length > 0) ?? false,
        sockets: evidence?.processes.some((one) => one.sockets.length > 0) ?? false,
      },
      {
        'all of it is of the miner':
          evidence?.processes.every(({ cmdLine }) => cmdLine.includes('miner.py')) ?? false,
      },
    )
    const bomb = run(ours.box, 'bomb', forkBomb)
    await until(() => ours.size('count.bomb') > 100)
    const defused = await ours.box.kill('bomb')
    const bombAt = ours.size('count.bomb')
    await sleep(300)
    judge(
      'fork-bomb-during-kill',
      { 'it was answered with ok': defused.ok, 'nothing is left of it': ours.size('count.bomb') === bombAt },
      { 'the kill is in the journal': acts(ours.lines(), 'kill').length === 2 },
      { 'it names the bomb': targetOf(acts(ours.lines(), 'kill')[1], 'bomb') },
    )
    await bomb
    judge(
      'second-sandbox-unaffected',
      { 'its call ran on all the time': other.size('count.neighbour') > neighbourAt },
      { 'its connection is in its own journal': other.lines().some((line) => callOf(line) === 'neighbour') },
      {
        'nothing was done to it':
          acts(other.lines(), 'freeze').length + acts(other.lines(), 'kill').length === 0,
      },
    )
    const failed = await ours.box.freeze('nobody')
    judge(
      'failure-is-reported',
      { 'it was answered with not ok': !failed.ok },
      {
        'the journal has it': acts(ours.lines(), 'freeze').some(
          ({ ok, target }) => !ok && target === 'nobody',
        ),
      },
      { 'it names what was asked for': failed.detail?.includes('nobody') ?? false },
    )
    await ours.box.kill('sibling')
    await other.box.kill('neighbour')
    await Promise.all([sibling, neighbour])
    const first = ours
      .lines()
      .find(
        (line) =>
          line.class === 'network_activity' && line.activity === 'traffic' && callOf(line) === 'miner',
      )
    const toFrozenMs = first && frozen ? Date.parse(frozen.time) - Date.parse(first.time) : Number.NaN
    return { outcomes, toFrozenMs }
  } finally {
    await Promise.allSettled(opened.map((box) => box.close()))
    rmSync(base, { recursive: true, force: true })
  }
}

type Facts = Readonly<Record<string, boolean>>

interface Evidence {
  readonly processes: readonly {
    readonly cmdLine: string
    readonly descriptors: readonly string[]
    readonly maps: readonly string[]
    readonly sockets: readonly string[]
  }[]
}

function evidenceIn(recording: string): Evidence | undefined {
  const folder = join(recording, 'evidence')
  if (!existsSync(folder)) return undefined
  const files = readdirSync(folder).sort()
  return files[0] === undefined
    ? undefined
    : (JSON.parse(readFileSync(join(folder, files[0]), 'utf8')) as Evidence)
}

function callOf(line: RecordedLine): string | undefined {
  return 'actor' in line && line.actor.tier === 'identity' ? line.actor.toolCall : undefined
}

function sizeOf(file: string): number {
  return existsSync(file) ? readFileSync(file).length : 0
}

/** Throws when it does not come true within 20 s. */
async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 20_000) throw new Error('it did not come true')
    await sleep(10)
  }
}

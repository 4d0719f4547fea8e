// Attempts that one program alone can't make: two calls that work together, and an outside that fails.

import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSandbox, type Sandbox } from '../../src/pipeline/live/open-sandbox.ts'
import type { RecordedLine } from '../../src/schema/journal.ts'
import type { Outcome } from './expectations.ts'
import { readLines } from './run-attempts.ts'
import { outside, ports, type World } from './world.ts'

async function inSandbox(
  policy: object,
  run: (box: Sandbox, workdir: string) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<RecordedLine[]> {
  const base = mkdtempSync(join(tmpdir(), 'more-attempts-'))
  try {
    const workdir = join(base, 'work')
    mkdirSync(workdir)
    const box = await openSandbox({ record: join(base, 'recording'), policy, workdir, env })
    try {
      await run(box, workdir)
    } finally {
      await box.close()
    }
    return readLines(join(base, 'recording/journal.jsonl'))
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

const server = `
import os, socket
listener = socket.create_server(('127.0.0.1', 4999))
open('listening', 'w').close()
while True:
    asker, _ = listener.accept()
    name = asker.recv(200).decode()
    if name == 'end': break
    s = socket.socket()
    s.settimeout(5)
    asker.sendall(str(s.connect_ex((name, 80))).encode())
    asker.close()
`
const asker = `
import socket, sys
s = socket.create_connection(('127.0.0.1', 4999))
s.sendall(sys.argv[1].encode())
print(s.recv(100))
`

/** One call asks a server of another call to connect, by a socket and by a file. */
export async function handedOver(world: World): Promise<Outcome[]> {
  const lines = await inSandbox(
    { version: 1, network: { resolver: world.resolver } },
    async (box, workdir) => {
      const run = (id: string, ...command: string[]) => box.exec({ command, toolCall: { id, name: 'bash' } })
      const serving = run('server', 'python3', '-c', server)
      const working = run(
        'worker',
        'sh',
        '-c',
        'until [ -f job ]; do sleep 0.05; done; curl -sS -m 5 "http://$(cat job)/"',
      )
      for (let i = 0; i < 200 && !existsSync(join(workdir, 'listening')); i++) await sleep(50)
      await run('asker', 'python3', '-c', asker, 'by-socket.denied.example')
      await run('writer', 'sh', '-c', 'echo by-file.denied.example > job.new && mv job.new job')
      await working
      await run('asker-2', 'python3', '-c', asker, 'end')
      await serving
    },
  )
  const asked = lines.flatMap((line) =>
    line.class === 'network_activity' && line.dstEndpoint.hostname === 'by-socket.denied.example'
      ? [line.actor.askedBy]
      : [],
  )
  const linked = outcomeOf(7, 'asker-is-linked', {
    decided: true,
    recorded: asked.length > 0,
    attributed: asked.length > 0 && asked.every((call) => call === 'asker'),
  })
  const byOthers = [
    ['handed-over-by-socket', 'by-socket.denied.example', 'server'],
    ['handed-over-by-file', 'by-file.denied.example', 'worker'],
  ].map(([name = '', host, call]) => {
    const refused = lines.flatMap((line) =>
      line.class === 'network_activity' && line.dstEndpoint.hostname === host ? [line] : [],
    )
    const facts = {
      decided: refused.some((line) => line.activity === 'refuse' && line.policy?.code === 'not-listed'),
      recorded: refused.length > 0,
      attributed:
        refused.length > 0 &&
        refused.every(({ actor }) => actor.toolCall === call && actor.tier === 'identity'),
    }
    return outcomeOf(15, name, facts)
  })
  // Without control groups the asker was not linked where this was last tried (docs/attempts.md).
  const hole =
    process.getuid?.() === 0 ? {} : { hole: 'the call that asks a server of another call is not linked' }
  return [...byOthers, { ...linked, ...hole }]
}

/** The resolver outside is gone: what is allowed fails, is recorded as such, and nothing else opens. */
export async function noResolver(world: World): Promise<Outcome[]> {
  let said = ''
  const policy = {
    version: 1,
    allow: [{ host: 'web.allowed.example', ports: [ports.http], protocols: ['http'] }],
    network: { resolver: '127.0.0.1:9', private: [outside] },
  }
  const lines = await inSandbox(
    policy,
    async (box) => {
      const { stderr } = await box.exec({
        command: `curl -sS -m 15 http://web.allowed.example:${world.env.PORT_HTTP}/`,
        toolCall: { id: 'asks', name: 'bash' },
      })
      said = stderr
    },
    world.env,
  )
  const about = lines.flatMap((line) =>
    line.class === 'network_activity' && line.dstEndpoint.hostname === 'web.allowed.example' ? [line] : [],
  )
  return [
    outcomeOf(16, 'resolver-down', {
      decided: said !== '' && about.some(({ outcome }) => outcome === 'no-answer'),
      recorded: about.length > 0,
      attributed: about.length > 0 && about.every(({ actor }) => actor.toolCall === 'asks'),
    }),
  ]
}

function outcomeOf(
  group: number,
  name: string,
  facts: Readonly<Record<'decided' | 'recorded' | 'attributed', boolean>>,
): Outcome {
  const mark = (holds: boolean) => (holds ? 'yes' : 'no')
  return {
    group,
    name,
    decided: mark(facts.decided),
    recorded: mark(facts.recorded),
    attributed: mark(facts.attributed),
    problems: Object.entries(facts).flatMap(([what, holds]) => (holds ? [] : [`it was not ${what}`])),
  }
}

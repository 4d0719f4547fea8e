// An agent that is known to nobody and has no hooks: what its model asks for is read where it passes, and is the label of
// what its processes do then.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordedLine } from '../../src/schema/journal.ts'
import { missingForSandbox } from './holding.ts'
import { openWorld, outside, type World } from './world.ts'

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const missing = missingForSandbox()

const agent = `
import json, subprocess, sys, urllib.request
messages = [{'role': 'user', 'content': 'go'}]
while True:
    body = json.dumps({'model': 'm', 'stream': True, 'messages': messages}).encode()
    request = urllib.request.Request(sys.argv[1], body, {'Content-Type': 'application/json'})
    calls = []
    text = urllib.request.urlopen(request, timeout=10).read()
    if text[:2] == b'\\x1f\\x8b':
        import gzip
        text = gzip.decompress(text)
    for line in text.decode().split('\\n'):
        if line.startswith('data: {'):
            for choice in json.loads(line[6:])['choices']: calls += choice['delta'].get('tool_calls', [])
    if not calls: break
    messages.append({'role': 'assistant', 'content': None, 'tool_calls': calls})
    for call in calls:
        command = json.loads(call['function']['arguments'])['command']
        out = subprocess.run(['bash', '-c', command], capture_output=True, text=True).stdout
        messages.append({'role': 'tool', 'tool_call_id': call['id'], 'content': out})
print('done')
`

describe.skipIf(missing !== undefined)(`what a model asks for${missing ? ` (${missing})` : ''}`, () => {
  let base = ''
  let world: World
  let port = 0
  const commands = ['curl -s -m 3 http://192.0.2.31/; true', 'curl -s -m 3 http://192.0.2.32/; true']
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const turn = JSON.parse(body).messages.filter(({ role }: { role: string }) => role === 'tool').length
    const call = commands[turn] !== undefined && {
      index: 0,
      id: `call_${turn}`,
      type: 'function',
      function: { name: 'bash', arguments: JSON.stringify({ command: commands[turn] }) },
    }
    const delta = call ? { tool_calls: [call] } : { content: 'done' }
    const choice = { index: 0, delta, finish_reason: call ? 'tool_calls' : 'stop' }
    const text = `data: ${JSON.stringify({ choices: [choice] })}\n\ndata: [DONE]\n\n`
    // As servers do it now and then.
    const zipped = turn === 1
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      ...(zipped && { 'Content-Encoding': 'gzip' }),
    })
    response.end(zipped ? gzipSync(text) : text)
  })

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'model-traffic-'))
    mkdirSync(join(base, 'work'))
    world = await openWorld()
    server.listen(0, outside)
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  afterAll(async () => {
    server.close()
    await world.close()
    rmSync(base, { recursive: true, force: true })
  })

  it('is the label of what runs for it, with the source that it comes from', async () => {
    writeFileSync(join(base, 'work/agent.py'), agent)
    const policy = join(base, 'policy.json')
    const allow = [{ host: 'model.example', ports: [port], protocols: ['http'] }]
    const network = { resolver: world.resolver, private: [outside] }
    writeFileSync(policy, JSON.stringify({ version: 1, allow, network }))
    const record = join(base, 'record')
    const command = ['python3', 'agent.py', `http://model.example:${port}/v1/chat/completions`]
    const child = spawn(
      process.execPath,
      [
        '--import',
        import.meta.resolve('tsx'),
        cli,
        'run',
        '--policy',
        policy,
        '--record',
        record,
        '--',
        ...command,
      ],
      {
        cwd: join(base, 'work'),
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: 50_000,
        killSignal: 'SIGKILL',
      },
    )
    let out = ''
    child.stdout.on('data', (bytes) => {
      out += bytes
    })
    const [code] = await once(child, 'close')
    expect([code, out]).toEqual([0, 'done\n'])
    const lines: RecordedLine[] = readFileSync(join(record, 'journal.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    for (const [turn, ip] of ['192.0.2.31', '192.0.2.32'].entries()) {
      const connection = lines.find((line) => line.class === 'network_activity' && line.dstEndpoint.ip === ip)
      expect(connection).toMatchObject({
        actor: { tier: 'none', label: { toolCall: `call_${turn}`, source: 'llm-api', tool: 'bash' } },
      })
      const told = lines.filter((line) => line.class === 'execute_tool' && line.toolCall === `call_${turn}`)
      expect(told).toMatchObject([
        { activity: 'start', command: commands[turn], source: 'llm-api' },
        { activity: 'end', processes: 1 },
      ])
    }
    expect(JSON.parse(readFileSync(join(record, 'run.json'), 'utf8')).agent).toMatchObject({ modelCalls: 2 })
  }, 60_000)
})

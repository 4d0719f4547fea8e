// Programs that want too much: connections, packets, processes, memory, output. All of it is counted, none of it ends us.

import { once } from 'node:events'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSandbox } from '../../src/pipeline/live/open-sandbox.ts'
import { verifyJournal } from '../../src/store/verify.ts'
import {
  countedRefusals,
  descriptors,
  linesOf,
  missing,
  networkLines,
  type Outside,
  openOutside,
  scratch,
  startVigiles,
  until,
} from './fault-kit.ts'

const megabyte = 1 << 20

describe.skipIf(missing !== undefined)(`floods${missing ? ` (${missing})` : ''}`, () => {
  const { fresh, close } = scratch()
  let world: Outside
  beforeAll(async () => {
    world = await openOutside()
  })
  afterAll(async () => {
    await world.close()
    close()
  })
  const work = (files: Readonly<Record<string, string>> = {}) => {
    const folder = fresh('work')
    mkdirSync(folder)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return folder
  }
  const python = (id: string, ...words: string[]) => ({
    command: ['python3', ...words],
    toolCall: { id, name: 'python' },
  })

  it('10,000 connections of one call: each is recorded or counted under its call, and a neighbour is served', async () => {
    const dir = fresh()
    const each = 5_000
    const workdir = work({
      'many.py': `import asyncio, socket
open_at = socket.gethostbyname('many.open.example')
async def one(i, ends):
  to = (open_at, ${world.port}) if i % 2 else ('192.0.2.%d' % (i % 200 + 1), 4444)
  try:
    r, w = await asyncio.open_connection(*to)
    w.write(b'hello'); await r.readexactly(5); w.close(); ends.append('ok')
  except OSError as e: ends.append(type(e).__name__)
async def main():
  ends = []; it = iter(range(${2 * each}))
  async def worker():
    for i in it: await one(i, ends)
  await asyncio.gather(*[worker() for _ in range(100)])
  print({e: ends.count(e) for e in sorted(set(ends))})
asyncio.run(main())`,
      'neighbour.py': `import socket, time
for i in range(30):
  s = socket.create_connection(('near.open.example', ${world.port}), 10); s.sendall(b'hello'); assert s.recv(5) == b'hello'; s.close()
  time.sleep(0.02)
print('served')`,
    })
    const before = { bytes: process.memoryUsage().rss, open: descriptors() }
    await using sandbox = await openSandbox({ record: dir, policy: world.policy(), workdir })
    const [many, neighbour] = await Promise.all([
      sandbox.exec(python('many', 'many.py')),
      sandbox.exec(python('neighbour', 'neighbour.py')),
    ])
    expect([many.stderr, many.stdout.trim()]).toEqual([
      '',
      `{'ConnectionRefusedError': ${each}, 'ok': ${each}}`,
    ])
    expect(neighbour.stdout.trim()).toBe('served')
    const calls = (activity: 'open' | 'close') =>
      networkLines(dir, activity).filter((line) => line.actor.toolCall === 'many').length
    await until('all have ended', () => calls('close') === each)
    expect(calls('open')).toBe(each)
    await sandbox.close()
    expect(countedRefusals(dir, 'network_activity')).toEqual(new Map([['many', each]]))
    expect(process.memoryUsage().rss - before.bytes).toBeLessThan(400 * megabyte)
    expect(descriptors() - before.open).toBeLessThan(30)
  })

  it('floods of packets and lookups: every one is written, counted, or said to be lost', async () => {
    const dir = fresh()
    const counts = { udp: 100_000, tcp: 20_000, dns: 20_000 }
    const workdir = work({
      'flood.py': `import socket, struct
def quiet(act):
  try: act()
  except OSError: pass
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(${counts.udp}): quiet(lambda: u.sendto(b'x' * 40, ('203.0.113.%d' % (i % 250), 5000 + i % 3)))
for i in range(${counts.tcp}):
  s = socket.socket(); s.setblocking(False); quiet(lambda: s.connect(('192.0.2.%d' % (i % 250), 22))); s.close()
d = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(${counts.dns}):
  name = b'n%d' % i
  d.sendto(struct.pack('>6H', i % 65536, 256, 1, 0, 0, 0) + bytes([len(name)]) + name + b'\\x06denied\\x07example\\0\\0\\1\\0\\1', ('198.19.255.1', 53))
print('sent')`,
      'after.py': `import socket
s = socket.create_connection(('after.open.example', ${world.port}), 20); s.sendall(b'hello'); assert s.recv(5) == b'hello'; print('served')`,
    })
    const before = process.memoryUsage().rss
    const sandbox = await openSandbox({ record: dir, policy: world.policy(), workdir })
    expect((await sandbox.exec(python('flood', 'flood.py'))).stdout.trim()).toBe('sent')
    expect((await sandbox.exec(python('after', 'after.py'))).stdout.trim()).toBe('served')
    await sandbox.close()
    const network = countedRefusals(dir, 'network_activity')
    const dns = countedRefusals(dir, 'dns_activity')
    const sum = [...network.values(), ...dns.values()].reduce((a, b) => a + b, 0)
    console.log(
      network,
      dns,
      statSync(join(dir, 'journal.jsonl')).size,
      linesOf(dir).length,
      (process.memoryUsage().rss - before) / megabyte,
    )
    // What was sent again for want of an answer comes on top.
    expect(sum).toBeGreaterThanOrEqual(counts.udp + counts.tcp + counts.dns)
    expect(new Set(network.keys())).toEqual(new Set(network.has('none') ? ['flood', 'none'] : ['flood']))
    expect(statSync(join(dir, 'journal.jsonl')).size).toBeLessThan(60 * megabyte)
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * megabyte)
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })

  it('no descriptors left: connections are refused, nothing crashes, and it goes on when some are free', async () => {
    const dir = fresh()
    const policy = fresh('policy')
    writeFileSync(policy, JSON.stringify(world.policy()))
    const workdir = work({
      'hold.py': `import socket
at = socket.gethostbyname('hold.open.example')
held, refused = [], 0
for i in range(200):
  s = socket.socket(); s.settimeout(15)
  try:
    s.connect((at, ${world.port})); s.sendall(b'hello'); assert s.recv(5) == b'hello'; held.append(s)
  except (OSError, AssertionError): refused += 1
print(len(held) > 20, refused > 20)
for s in held: s.close()
import time; time.sleep(1)
s = socket.create_connection((at, ${world.port}), 20); s.sendall(b'hello'); print(s.recv(5))`,
    })
    const run = startVigiles(
      ['run', '--quiet', '--policy', policy, '--record', dir, '--', 'python3', 'hold.py'],
      workdir,
      ['prlimit', '--nofile=256:256'],
    )
    const [code] = await once(run, 'exit')
    expect([run.said().trim(), code]).toEqual(["True True\nb'hello'", 0])
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })
})

// The sandboxes that agents bring along work inside ours, and open nothing in it.

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openSandbox, type Sandbox } from '../../src/pipeline/live/open-sandbox.ts'
import { missing, networkLines, type Outside, openOutside, outside, scratch } from './fault-kit.ts'

const chromium = ['chromium', 'google-chrome', 'chromium-browser'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
)

// Each has bounds of its own; this one is for machines that are busy with other things.
vi.setConfig({ testTimeout: 120_000 })

describe.skipIf(missing !== undefined)(`sandboxes within${missing ? ` (${missing})` : ''}`, () => {
  const { fresh, close } = scratch()
  const web = createServer((_, response) => response.end('<p>from outside</p>'))
  let world: Outside
  let sandbox: Sandbox
  let port = 0
  const dir = fresh()
  beforeAll(async () => {
    world = await openOutside()
    await new Promise<void>((resolve) => web.listen(0, outside, resolve))
    port = (web.address() as AddressInfo).port
    const workdir = fresh('work')
    mkdirSync(workdir)
    const policy = {
      ...world.policy(),
      allow: [{ host: 'web.open.example', ports: [port], protocols: ['http'] }],
    }
    sandbox = await openSandbox({ record: dir, policy, workdir })
  })
  afterAll(async () => {
    await sandbox?.close()
    web.close()
    await world?.close()
    close()
  })
  const run = async (id: string, command: string) => {
    const { stdout, stderr } = await sandbox.exec({
      command,
      toolCall: { id, name: 'sh' },
      timeoutMs: 60_000,
    })
    return `${stdout}${stderr}`
  }
  const get = (host: string) => `curl -s -m 10 http://${host}:${port}/ || echo curl $?`
  const refusals = (call: string) =>
    networkLines(dir, 'refuse').flatMap((line) =>
      line.actor.toolCall === call ? [line.dstEndpoint.hostname ?? line.dstEndpoint.ip] : [],
    )

  it('bubblewrap, with processes and devices of its own: the network is still ours, and the call is known', async () => {
    const script = `${get('web.open.example')}; echo; ${get('denied.example')}; ls -d /proc/[0-9]* | wc -l`
    const words =
      'bwrap --ro-bind / / --proc /proc --dev /dev --unshare-user --unshare-pid --unshare-ipc --unshare-uts'
    expect(await run('bwrap', `${words} sh -c '${script}'`)).toMatch(
      /^<p>from outside<\/p>\ncurl 7\n[2-9]\n$/,
    )
    expect(refusals('bwrap')).toEqual(['denied.example'])
  })

  it('a network namespace of its own leads nowhere', async () => {
    const words = 'bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all'
    expect(await run('alone', `${words} sh -c '${get('web.open.example')}; ${get('192.0.2.3')}'`)).toMatch(
      /^curl 6\ncurl 7\n$/,
    )
  })

  it('root in a user namespace of its own can change no rule, mark or route of ours', async () => {
    const script = `ip link set lo down; ip route add 192.0.2.0/24 dev lo; nft flush ruleset; ${get('192.0.2.4')}`
    expect(await run('root', `unshare -Urmp -f sh -c '${script}' 2>/dev/null`)).toBe('curl 7\n')
    expect(refusals('root')).toEqual(['192.0.2.4'])
  })

  it.skipIf(chromium === undefined)('a browser, sandbox and all', async () => {
    const words = `${chromium} --headless --disable-gpu --no-first-run --disable-background-networking`
    const page = `http://web.open.example:${port}/`
    expect(await run('page', `${words} --user-data-dir=/tmp/one --dump-dom ${page} 2>/dev/null`)).toContain(
      'from outside',
    )
    // Its renderers have process ids of their own: that is its sandbox at work.
    const look = `${words} --user-data-dir=/tmp/two --remote-debugging-port=0 about:blank >/dev/null 2>&1 &
for i in $(seq 100); do
  for p in /proc/[0-9]*; do
    if tr '\\0' ' ' < $p/cmdline | grep -q -e ' --type=render[e]r'; then awk '/^NSpid/ { print NF - 1 }' $p/status; kill %1; exit; fi
  done 2>/dev/null; sleep 0.1
done`
    expect(await run('renderer', look)).toBe('3\n')
  })
})

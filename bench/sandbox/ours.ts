// A sandbox of ours, from the built library, with a policy that opens the bench's own server and nothing else.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { OpenSandboxOptions, Sandbox } from '../../src/index.ts'
import type { Place, Side } from './side.ts'

/** Mining and SSH are frozen; what else looks odd about a bench (it probes, it uploads gigabytes) is only recorded. */
export function policyFor({ host, ports }: Place): object {
  return {
    version: 1,
    allow: [{ host, ports, protocols: ['any'] }],
    // A bench is no agent: it opens more connections a minute than any would.
    limits: { connectionsPerMinute: 10_000_000 },
    findings: {
      'tunnel.ssh-odd-port': 'freeze',
      mining: 'freeze',
      ...Object.fromEntries(
        ['tunnel', 'probing', 'exfiltration', 'provisioning', 'critical', 'high'].map((what) => [
          what,
          'record',
        ]),
      ),
    },
  }
}

export async function openSandboxOf(place: Place, record: string): Promise<Sandbox> {
  const { openSandbox } = (await import(pathToFileURL(join(place.dist, 'index.js')).href)) as {
    openSandbox(options: OpenSandboxOptions): Promise<Sandbox>
  }
  return await openSandbox({ record, policy: policyFor(place), workdir: place.workdir })
}

export async function openOurs(place: Place): Promise<Side> {
  const sandbox = await openSandboxOf(place, join(place.records, `ours-${randomUUID().slice(0, 8)}`))
  let count = 0
  return {
    exec: (command, call = `call-${++count}`) =>
      sandbox.exec({ command, toolCall: { id: call, name: 'bash' } }),
    close: () => sandbox.close(),
  }
}

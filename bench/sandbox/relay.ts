// The least that carries connections transparently: a network namespace whose TCP is redirected to one Node process that
// dials where the connection was meant to go. Nothing is decided, recorded or attributed.

import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { firstText } from '../../src/sandboxes/holder.ts'
import { AF_INET, kernel, SOCK_STREAM, socketAddress } from '../../src/sandboxes/kernel.ts'
import { run } from './direct.ts'
import type { Place, Side } from './side.ts'

const port = 47_000
const SOL_IP = 0
const SO_ORIGINAL_DST = 80

const setUp = `ip -batch - <<'END' && nft -f - <<'END' && echo ready && exec sleep infinity
link set lo up
addr add 198.19.255.2/32 dev lo
route add default dev lo src 198.19.255.2
END
table ip bench {
  chain nat {
    type nat hook output priority -100; policy accept;
    fib daddr type != local meta l4proto tcp redirect to :${port}
  }
}
END`

export async function openRelay({ workdir }: Place): Promise<Side> {
  const holder = spawn('unshare', ['--net', 'sh', '-c', setUp], { stdio: ['ignore', 'pipe', 'inherit'] })
  if ((await firstText(holder.stdout, (text) => text.includes('ready'))) === undefined)
    throw new Error('the network namespace of the relay could not be made')
  const calls = kernel()
  const namespace = openSync(`/proc/${holder.pid}/ns/net`, 'r')
  const listener = calls.inNetwork(namespace, () => calls.socket(AF_INET, SOCK_STREAM, 0))
  closeSync(namespace)
  calls.bind(listener, socketAddress(Uint8Array.of(127, 0, 0, 1), port))
  calls.listen(listener, 4096)
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const fd = (client as unknown as { _handle: { fd: number } })._handle.fd
    const address = calls.getsockopt(fd, SOL_IP, SO_ORIGINAL_DST, 16)
    const upstream = connect({
      host: address.subarray(4, 8).join('.'),
      port: ((address[2] ?? 0) << 8) | (address[3] ?? 0),
      allowHalfOpen: true,
      noDelay: true,
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.once('close', () => open.delete(one))
      one.pipe(other)
    }
  })
  server.listen({ fd: listener })
  return {
    exec: (command) =>
      run(['nsenter', `--net=/proc/${holder.pid}/ns/net`, '/bin/sh', '-c', command], workdir),
    async close() {
      for (const socket of open) socket.destroy()
      server.close()
      holder.kill('SIGKILL')
    },
  }
}

// Runs as the user: opens one sandbox with the built library, has calls do things, and prints what came of them.
// Arguments: the library's file, the folder of the recording.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const [library, record] = process.argv.slice(2)
const { openSandbox } = await import(library)

const web = createServer((request, response) => response.end(`hello ${request.url}`))
web.listen(0, '127.0.0.1')
await once(web, 'listening')
const { port } = web.address()

// Every name leads to the listener above.
const asked = []
const dns = createSocket('udp4', (query, from) => {
  const labels = []
  let at = 12
  while (query[at] !== 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]))
    at += query[at] + 1
  }
  asked.push(labels.join('.').toLowerCase())
  const question = query.subarray(12, at + 5)
  const isA = query.readUInt16BE(at + 1) === 1
  const answer = isA ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1] : []
  const head = [query[0], query[1], 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]
  dns.send(Buffer.from([...head, ...question, ...answer]), from.port, from.address)
})
dns.bind(0, '127.0.0.1')
await once(dns, 'listening')

const sandbox = await openSandbox({
  record,
  policy: {
    version: 1,
    allow: [{ host: 'open.example', ports: [port], protocols: ['any'] }],
    network: { private: ['127.0.0.1'], resolver: `127.0.0.1:${dns.address().port}` },
  },
})
const exec = (id, command) => sandbox.exec({ command, toolCall: { id, name: 'bash' }, timeoutMs: 20_000 })
const python = (id, text) => exec(id, ['python3', '-c', text])
const url = (path) => `http://open.example:${port}/${path}`
const get = (path) => `curl -sS -m 5 ${url(path)}`
const quiet = '>/dev/null 2>&1 </dev/null'
const out = {}

out.self = (
  await exec(
    'self',
    'id -u; ls /proc/self/fd | wc -l; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status',
  )
).stdout
out.allowed = (await exec('allowed', get('allowed'))).stdout
out.denied = (await exec('denied', 'curl -sS -m 5 http://192.0.2.7/')).exitCode
out.deniedName = (
  await exec('denied-name', 'getent hosts closed.example; curl -sS -m 5 http://closed.example/')
).exitCode
out.asked = asked

const several = (letter) => [1, 2, 3, 4, 5, 6].map((i) => get(`${letter}${i}`)).join(';')
await Promise.all([
  exec('one', several('one-')),
  exec('two', several('two-')),
  exec('three', several('three-')),
])

await exec(
  'away',
  `setsid sh -c '(sleep 0.4; ${get('away')}; env -i ${get('env')}) &' ${quiet} & nohup sh -c 'sleep 0.4; ${get('nohup')}' ${quiet} &`,
)
await exec('nested', `unshare -Ur ${get('nested')}; unshare -Urpf ${get('nested-twice')}`)
out.hidden = (
  await python(
    'hidden',
    `import ctypes,socket
libc = ctypes.CDLL(None)
libc.prctl(4, 0, 0, 0, 0)
s = socket.create_connection(("open.example", ${port})); s.sendall(b"GET /hidden HTTP/1.0\\r\\nHost: open.example:${port}\\r\\n\\r\\n"); print(s.recv(1000).decode()[-7:])`,
  )
).stdout
await python(
  'threads',
  `import ctypes,socket,threading
def alone():
  ctypes.CDLL(None).unshare(0x400)
  s = socket.create_connection(("open.example", ${port})); s.sendall(b"GET /thread HTTP/1.0\\r\\nHost: open.example:${port}\\r\\n\\r\\n"); s.recv(1000)
t = threading.Thread(target=alone); t.start(); t.join()`,
)

// A socket that two calls have before it connects, and one that is closed at once.
const receive = python(
  'receiver',
  `import socket,time,os
l = socket.socket(socket.AF_UNIX); l.bind("pass.sock"); l.listen(); c, _ = l.accept()
kept = socket.recv_fds(c, 1, 1); c.sendall(b"k"); time.sleep(1)`,
)
await python(
  'giver',
  `import socket,time,os
while not os.path.exists("pass.sock"): time.sleep(0.01)
s = socket.socket(); c = socket.socket(socket.AF_UNIX)
while c.connect_ex("pass.sock"): time.sleep(0.01)
socket.send_fds(c, [b"f"], [s.fileno()]); c.recv(1)
try: s.connect(("192.0.2.8", 8001))
except OSError: pass`,
)
await receive
await python(
  'closer',
  `import socket
for i in range(20):
  s = socket.socket(); s.setblocking(False); s.connect_ex(("192.0.2.9", 9000 + i)); s.close()`,
)

const count = () => {
  try {
    return Number(readFileSync('ticks', 'utf8'))
  } catch {
    return 0
  }
}
await exec(
  'ticker',
  `setsid sh -c 'i=0; while :; do i=$((i+1)); echo $i > ticks; sleep 0.01; done' ${quiet} &`,
)
await sleep(200)
const stands = async () => {
  const before = count()
  await sleep(200)
  return count() === before
}
out.ticking = !(await stands())
out.freeze = await sandbox.freeze('ticker')
out.frozen = await stands()
// Calls of one user can send each other signals.
await exec('waker', 'kill -CONT -1')
await sleep(250)
out.stillFrozen = await stands()
out.thaw = await sandbox.thaw('ticker')
out.thawed = !(await stands())
const slow = exec('slow', 'sleep 20')
await sleep(200)
out.kill = await sandbox.kill('slow')
out.killed = await slow
await sandbox.kill('ticker')
out.dead = await stands()
out.neighbour = (await exec('neighbour', 'echo alive')).stdout

await sandbox.close()
web.close()
dns.close()
process.stdout.write(JSON.stringify(out))
process.exit()

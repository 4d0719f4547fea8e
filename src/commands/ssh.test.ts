import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCommand } from './parse.ts'
import { parseSsh } from './ssh.ts'

/** host, port and forwards of the first ssh in a shell text. */
function read(text: string) {
  const ssh = parseCommand(text).find((i) => i.program === 'ssh')
  const { host, port, forwards } = parseSsh(ssh?.argv ?? [])
  return { host, port, forwards: forwards.map((f) => `${f.kind} ${f.spec}`) }
}

describe('forwards', () => {
  test.each([
    ['ssh -R 2222:localhost:22 u@h', 'h', ['R 2222:localhost:22']],
    ['ssh -R2222:localhost:22 h', 'h', ['R 2222:localhost:22']],
    ['ssh -fNR 2222:localhost:22 h', 'h', ['R 2222:localhost:22']],
    ['ssh -fNTR2222:localhost:22 h', 'h', ['R 2222:localhost:22']],
    ['ssh h -R 2222:localhost:22', 'h', ['R 2222:localhost:22']],
    ['ssh -p 443 -i key -R 1:a:2 -L 3:b:4 h', 'h', ['R 1:a:2', 'L 3:b:4']],
    ['ssh -o RemoteForward="2222 localhost:22" h', 'h', ['R 2222:localhost:22']],
    ['ssh -oRemoteForward=2222:localhost:22 h', 'h', ['R 2222:localhost:22']],
    ['ssh -o "remoteforward 2222 localhost:22" h', 'h', ['R 2222:localhost:22']],
    ['ssh -R 1080 h', 'h', ['R 1080']],
    ['ssh -D 1080 h', 'h', ['D 1080']],
    ['ssh -w 0:0 h', 'h', ['w 0:0']],
    ['ssh -o Tunnel=yes h', 'h', ['w yes']],
    ['ssh -R [::]:8080:[2001:db8::5]:80 h', 'h', ['R [::]:8080:[2001:db8::5]:80']],
    ['ssh -R /tmp/s:localhost:22 h', 'h', ['R /tmp/s:localhost:22']],
    ['autossh -M 0 -f -N -R 1:l:2 h', 'h', ['R 1:l:2']],
    ['ssh -p 443 -R0:localhost:8000 a.example.io', 'a.example.io', ['R 0:localhost:8000']],
  ])('%s', (text, host, forwards) => {
    expect(read(text)).toMatchObject({ host, forwards })
  })
})

describe('what a pattern for `ssh.*-R` takes for a tunnel and is none', () => {
  test.each([
    ["ssh host 'ls -R'"],
    ['ssh host ls -R /srv'],
    ['ssh host grep -R x .'],
    ['ssh host -- ls -R'],
    ['ssh -t host "chown -R a:b /srv"'],
    ['ssh -i key-R host'],
    ['ssh -l R host'],
    ['ssh -o ProxyCommand="nc -R %h %p" host'],
    ['ssh -b R host'],
    ['rsync -aR -e ssh a host:b'],
    ['ssh -E log-R host uptime'],
    ['ssh -A -t host tar -cf - -R x'],
    ['chmod -R go-w ~/.ssh'],
    ['ssh-keygen -R host'],
    ['ls ~/.ssh -R'],
  ])('%s', (text) => {
    expect(read(text).forwards).toEqual([])
  })
})

describe('the rest of the command line', () => {
  test.each([
    ['ssh -p 2222 bob@h', { host: 'h', port: 2222, user: 'bob' }],
    ['ssh ssh://bob@h:2022', { host: 'h', port: 2022, user: 'bob' }],
    ['ssh -l bob h', { host: 'h', user: 'bob' }],
    ['ssh -o Port=443 -o User=bob h', { host: 'h', port: 443, user: 'bob' }],
    ['ssh -o HostName=192.0.2.1 alias', { host: '192.0.2.1' }],
    ['ssh -J j1,j2 h', { host: 'h', jumps: ['j1', 'j2'] }],
    ['ssh -f -N h', { background: true, noCommand: true }],
    ['ssh h uptime -p', { remoteCommand: 'uptime -p' }],
    ['ssh -F conf h', { configFile: 'conf' }],
    ['ssh user@domain@h', { host: 'h', user: 'user@domain' }],
    ['ssh -p 99999 h', { host: 'h' }],
  ])('%s', (text, expected) => {
    expect(parseSsh(parseCommand(text)[0]?.argv ?? [])).toMatchObject(expected)
  })

  test('takes any words', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 }), { maxLength: 20 }), (words) => {
        parseSsh(['ssh', ...words])
      }),
    )
    expect(parseSsh(['ssh', '-o', '__proto__=x', 'h']).options.toString).toBeUndefined()
  })
})

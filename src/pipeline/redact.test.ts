import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactDeep, redactor } from './redact.ts'

const redact = redactor('case')
const tail = 'Zk3vQ9xR7mW2pL5tN8bC4dF6'

describe('redaction', () => {
  it.each([
    'curl -H "Authorization: Bearer <S>" https://api.example.com',
    'curl -H "authorization: Basic <S>" https://api.example.com',
    '{"headers":{"Authorization":"Bearer <S>"}}',
    '{"cmd":"curl -H \\"X-Api-Key: <S>\\" https://api.example.com"}',
    '{"env":{"DB_PASSWORD":"<S>"}}',
    '{"command":"export X=\\"password\\": \\"<S>\\""}',
    'export AWS_SECRET_ACCESS_KEY=<S>',
    'export GITLAB_TOKEN=<S> && env',
    "PGPASSWORD='<S> with space' psql -h db",
    'mysql -u root -p<S> app',
    'sshpass -p <S> ssh root@192.0.2.9',
    'curl -u admin:<S> https://example.com',
    'curl -uadmin:<S> https://example.com',
    'git clone https://me:<S>@git.example.com/x.git',
    'redis-cli -u redis://:<S>@cache.example.com:6379',
    'tool --password <S> --port 80',
    'tool --api-key=<S>',
    'wget "https://x.example.com/a?token=<S>&b=1"',
    "password = 'pa$$<S>'",
    'Cookie: session=<S>',
  ])('hides the secret in %s', (text) => {
    const out = redact(text.replaceAll('<S>', tail))
    expect(out).not.toContain(tail)
    expect(out).toContain('[secret:')
  })

  it.each([
    ['AWS', 'AKIA', 'ABCDEFGHIJKLMNOP'],
    ['Alibaba Cloud', 'LTAI', '5tAbCdEfGhIjKlMnOpQr'],
    ['GitHub', 'ghp_', 'abcdefghijklmnopqrstuvwxyz0123456789'],
    ['Slack', 'xoxb-', '123456789012-abcdefghijkl'],
    ['Hugging Face', 'hf_', 'abcdefghijklmnopqrstuvwxyzABCDEFGH'],
    ['Stripe', 'sk_live_', 'abcdefghijklmnopqrstuvwx'],
  ])('knows the look of tokens of %s', (_, start, rest) => {
    expect(redact(`echo ${start}${rest} > f`)).toMatch(/^echo \[secret:[0-9a-f]{10}\] > f$/)
  })

  it.each([
    'ssh -R 2222:localhost:22 tunnel.example.com',
    'curl -s https://pool.example.com:3333/x',
    'pytest -k "token and not slow" --maxfail=3',
    '{"max_tokens":4096,"tokens":123456}',
    'export TOKEN=$GITHUB_TOKEN',
    'curl -H "Authorization: Bearer $TOKEN" https://api.example.com',
    'password = os.environ["PASSWORD"]',
    './xmrig -o pool.example.com:3333 -u 44AFFq5kSiGBoZ -p x',
    'cat ~/.ssh/id_rsa; grep -r password .',
  ])('leaves evidence as it is: %s', (text) => {
    expect(redact(text)).toBe(text)
  })

  it('shows that two secrets are the same, within a case only', () => {
    const [a, b] = [redact(`password=${tail}`), redact(`export MY_TOKEN=${tail}`)].map((s) => s.split('=')[1])
    expect(a).toBe(b)
    expect(redactor('other')(`password=${tail}`).split('=')[1]).not.toBe(a)
  })

  const piece = fc.oneof(
    fc.constantFrom(
      'password=',
      'Authorization: Bearer ',
      '"api_key": "',
      '://u:',
      '@',
      'curl -u a:',
      'sshpass -p ',
      ' --token ',
      'AKIAABCDEFGHIJKLMNOP',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.abcdefghijklmnop',
      '-----BEGIN RSA PRIVATE KEY-----',
      '[secret:',
      '\\"',
      '$',
      "'",
      '\n',
    ),
    fc.string({ maxLength: 20 }),
  )
  const hostile = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''))

  it('done twice changes nothing more', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(redact(redact(text))).toBe(redact(text))
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes time in proportion to the text, whatever is in it', () => {
    const units = [
      'a-',
      'password',
      'curl ',
      'curl -u a',
      'x-key:',
      'token=',
      '://:',
      ' --token ',
      'eyJaaaaaaaaaa.',
      '-----BEGIN ',
      '\\\\"',
      ' ',
      'passwordpassword="',
    ]
    const seconds = (text: string) => {
      const began = performance.now()
      redact(text)
      return (performance.now() - began) / 1000
    }
    for (const unit of units) {
      // A pattern that backtracks without bound would need minutes here; this is no measurement.
      expect(seconds(unit.repeat(Math.ceil(1_000_000 / unit.length))), unit).toBeLessThan(20)
    }
  })

  it('reaches into values and leaves keys and numbers', () => {
    expect(
      redactDeep({ a: [{ text: `password=${tail}`, n: 5 }], b: null, constructor: true }, redact),
    ).toEqual({
      a: [{ text: expect.stringContaining('[secret:'), n: 5 }],
      b: null,
      constructor: true,
    })
  })
})

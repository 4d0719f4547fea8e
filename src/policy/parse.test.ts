import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicy } from './compile.ts'
import { withAllowed } from './edit.ts'
import { parsePolicy } from './parse.ts'
import { problemText } from './problems.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/policy/${name}`, import.meta.url), 'utf8')
const detections = ['tunnel.reverse-ssh', 'mining.stratum']

describe('reading a policy', () => {
  const text = fixture('wrong.yaml')
  const { policy, problems } = parsePolicy(text, 'policy.yaml', { detections })
  const wanted = text.split('\n').flatMap((line, i) => {
    const match = /\S.* # (.*)$/.exec(line)
    return match && !line.startsWith('#') ? [{ line: i + 1, what: match[1]! }] : []
  })

  it.each(wanted)('says at line $line: $what', ({ line, what }) => {
    const said = problems.filter((problem) => problem.line === line).map(problemText)
    expect(
      said.some((one) => one.startsWith(`policy.yaml:${line}: `) && one.includes(what)),
      said.join('\n'),
    ).toBe(true)
  })

  it('finds nothing else, and gives no policy', () => {
    const lines = new Set(wanted.map(({ line }) => line))
    expect(problems.filter(({ line }) => !lines.has(line ?? 0)).map(problemText)).toEqual([])
    expect(policy).toBeUndefined()
  })

  it('reads a sound policy without a word', () => {
    const read = parsePolicy(fixture('example.yaml'), 'example.yaml', { detections })
    expect(read.problems.map(problemText)).toEqual([])
    expect(read.policy?.findings.get('mining')).toBe('freeze')
    expect(read.policy?.limits).toEqual([
      { limits: { connectionsPerMinute: 100, bytesOutPerHost: 10_000_000, destinations: 20 } },
    ])
  })

  it('reads the same from an object as from its text', () => {
    const object = {
      version: 1,
      allow: ['api.example.com', { host: 'db.example.com', ports: [5432] }],
      resources: { cpu: 0.5 },
    }
    const read = parsePolicy(object, 'options')
    const same = parsePolicy(JSON.stringify(object), 'options')
    expect(read.problems).toEqual([])
    const withoutLines = same.policy?.rules.map((rule) => ({ ...rule, source: { file: 'options' } }))
    expect(read.policy?.rules).toEqual(withoutLines)
    expect(read.policy?.resources).toEqual({ cpu: 0.5 })
  })

  it('warns where a policy opens more than it seems to', () => {
    const { policy: open, problems: warnings } = parsePolicy(
      { version: 1, allow: [{ host: 'any', ports: [443] }], tools: { Bash: { allow: ['a.example.com'] } } },
      'options',
    )
    expect(open).toBeDefined()
    expect(warnings.map(({ severity }) => severity)).toEqual(['warning', 'warning'])
  })

  it('reads a mode and doors of the kernel, and warns of those that open', () => {
    const read = (more: object) => {
      const { policy: one, problems: said } = parsePolicy({ version: 1, ...more }, 'p')
      return [one?.mode, one?.isolation, said.map(({ severity }) => severity)]
    }
    expect(read({})).toEqual([undefined, { require: [] }, []])
    expect(read({ mode: 'enforce' })).toEqual(['enforce', { require: [] }, []])
    expect(read({ mode: 'shadow' })).toEqual(['shadow', { require: [] }, ['warning']])
    expect(read({ isolation: { nestedNamespaces: 'deny', ioUring: 'allow' } })).toEqual([
      undefined,
      { require: [], nestedNamespaces: 'deny', ioUring: 'allow' },
      ['warning'],
    ])
    expect(problemText(parsePolicy({ version: 1, mode: 'watch' }, 'p').problems[0]!)).toContain('shadow')
  })

  it('lets deny rules be as wide as they like', () => {
    const { policy: wide, problems: none } = parsePolicy(
      { version: 1, deny: ['*.com', '*.github.io', { host: '*.co.uk' }] },
      'p',
    )
    expect(none).toEqual([])
    expect(wide?.rules.length).toBe(3)
  })

  it('refuses what is no single document, or too long, or a bomb', () => {
    const reason = (source: string) => problemText(parsePolicy(source, 'p.yaml').problems[0]!)
    expect(reason('')).toContain('the policy is empty')
    expect(reason('version: 1\n---\nversion: 1\n')).toContain('a policy is one document')
    expect(reason(`version: 1\n#${'x'.repeat(1 << 20)}`)).toContain('longer than')
    expect(reason('version: 1\nallow: [a.example.com')).toContain('p.yaml:2: this is no YAML')
    expect(reason('version: 1\nversion: 1')).toContain('no YAML')
    expect(reason('- a')).toContain('a policy wants keys')
  })

  it('is not led astray by __proto__', () => {
    const { problems: found } = parsePolicy(
      'version: 1\n__proto__: { allow: [a.example.com] }\nconstructor: 1',
      'p.yaml',
    )
    expect(found.map(({ line }) => line)).toEqual([2, 3])
  })

  it('never throws, whatever it is given', () => {
    const loop: Record<string, unknown> = { version: 1 }
    loop.allow = [loop, loop]
    expect(parsePolicy(loop, 'loop').policy).toBeUndefined()
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no')
        },
      },
    )
    expect(parsePolicy(trap, 'trap').policy).toBeUndefined()
    const lines = fixture('wrong.yaml').split('\n').concat(fixture('example.yaml').split('\n'))
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...lines), fc.string({ unit: 'binary' })), { maxLength: 12 }),
        (some) => {
          const read = parsePolicy(some.join('\n'), 'p.yaml')
          if (read.policy) compilePolicy(read.policy)
        },
      ),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4 }), (value) => void parsePolicy(value, 'p')),
      { numRuns: 300 },
    )
  })
})

describe('adding to the allow list', () => {
  it('keeps what a person wrote', () => {
    const before = fixture('example.yaml')
    const after = withAllowed(before, 'new.example.com:8443')!
    expect(after.split('\n').filter((line) => !before.split('\n').includes(line))).toEqual([
      '  - new.example.com:8443',
    ])
    const [old, fresh] = [before, after].map((text) => parsePolicy(text, 'p.yaml').policy!.rules.length)
    expect(fresh).toBe(old! + 1)
  })

  it('works where there is no list yet, and refuses one line', () => {
    for (const text of [
      'version: 1',
      'version: 1\nallow: []\n',
      'version: 1\nallow:\n',
      'version: 1\nallow:\n- a.example.com\n',
    ]) {
      expect(
        parsePolicy(withAllowed(text, 'b.example.com'), 'p').policy?.rules.map((rule) => rule.text),
      ).toContain('b.example.com')
    }
    expect(withAllowed('version: 1\nallow: [a.example.com]\n', 'b.example.com')).toBeUndefined()
  })
})

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineDiff } from './line-diff.ts'
import { changePolicy } from './policy-change.ts'

const policy = `# Whoever changes this asks the security team first.
version: 1

allow:
  - api.example.com # the model
  - registry.example.com:443

deny:
  - { host: admin.example.com, why: not for agents }
`

describe('a destination that becomes a rule', () => {
  it('opens what was refused, and keeps every comment', () => {
    const change = changePolicy(policy, 'policy.yaml', { want: 'allow', host: 'db.example.com', port: 5432 })
    expect([change.verdictBefore, change.verdictAfter]).toEqual(['denied', 'allowed'])
    expect(change.item).toBe('db.example.com:5432')
    expect(change.diff).toBe(`--- policy.yaml
+++ policy.yaml
@@ -2,6 +2,7 @@
 version: 1
 
 allow:
+  - db.example.com:5432
   - api.example.com # the model
   - registry.example.com:443
 
`)
    expect(change.after.replace('  - db.example.com:5432\n', '')).toBe(policy)
    expect(change.explanation.join('\n')).toContain('db.example.com:5432 is allowed')
  })

  it('closes what was open', () => {
    const change = changePolicy(policy, 'p', { want: 'deny', host: 'API.example.com.', port: 443 })
    expect([change.verdictBefore, change.verdictAfter]).toEqual(['allowed', 'denied'])
    expect(change.diff).toContain('+  - api.example.com:443')
    expect(change.diff).toContain(' deny:')
  })

  it('says which rule decides where an allow changes nothing', () => {
    const change = changePolicy(policy, 'p', { want: 'allow', host: 'admin.example.com', port: 443 })
    expect([change.verdictBefore, change.verdictAfter]).toEqual(['denied', 'denied'])
    expect(change.explanation.join('\n')).toContain('deny admin.example.com')
  })

  it('begins a policy where there is none', () => {
    const { diff, after } = changePolicy('', 'new.yaml', {
      want: 'allow',
      host: '198.51.100.7',
      port: 22,
      protocol: 'ssh',
    })
    expect(after).toBe('version: 1\nallow:\n  - 198.51.100.7:22\n')
    expect(diff).toContain('@@ -0,0 +1,3 @@\n+version: 1')
  })

  it.each([
    ['root:x:0:0:root:/root:/bin/bash\n', 'db.example.com', /no sound policy/],
    ['version: 1\nallow: [a.example.com]\n', 'db.example.com', /in one line/],
    [policy, 'a b\nc', /host name or an address/],
    [policy, '../../etc', /host name or an address/],
  ])('refuses %j with %j in plain words', (text, host, words) => {
    expect(() => changePolicy(text, 'p', { want: 'allow', host })).toThrow(words)
  })

  it('tells nothing of a file that is no policy', () => {
    try {
      changePolicy('secret: hunter2\nversions\n', 'p', { want: 'allow', host: 'a.example.com' })
      expect.unreachable()
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain('hunter2')
    }
  })
})

describe('a difference of lines', () => {
  it('is what `patch` makes the new text of', () => {
    const folder = mkdtempSync(join(tmpdir(), 'diff-'))
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
      .map((lines) => lines.join('\n'))
    const [file, patch] = [join(folder, 'f'), join(folder, 'p')]
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== '' && after !== '')
        writeFileSync(file, before)
        writeFileSync(patch, lineDiff(before, after, 'f'))
        if (before !== after)
          execFileSync('git', ['apply', '--unidiff-zero', '--whitespace=nowarn', '-p0', patch], {
            cwd: folder,
          })
        expect(readFileSync(file, 'utf8')).toBe(after)
      }),
      { numRuns: 40 },
    )
    rmSync(folder, { recursive: true })
  })
})

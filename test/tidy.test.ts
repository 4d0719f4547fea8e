// House rules that no linter knows.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { caseTableFiles } from '../tools/generate-case-tables.ts'
import { detectionFiles } from '../tools/generate-detections.ts'
import { policyFiles } from '../tools/generate-policy-schema.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const tracked = existsSync(join(root, '.git'))
  ? execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
      .split('\0')
      .filter((path) => path !== '' && existsSync(join(root, path)))
  : []
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const written = tracked.filter(
  (path) =>
    /\.(?:ts|mjs|md|json|yml|html|css)$/.test(path) &&
    !path.startsWith('fixtures/') &&
    !path.startsWith('test/importers/'),
)

describe.skipIf(tracked.length === 0)('house rules', () => {
  it('names no path of a machine and no registry', () => {
    const wrong = written
      .filter((path) => path !== 'package-lock.json' && path !== 'test/tidy.test.ts')
      .filter((path) =>
        new RegExp(
          ['/wor' + 'k/', '/far' + 'm/', 'registry\\.npm' + 'js', 'deb\\.deb' + 'ian'].join('|'),
        ).test(read(path)),
      )
    // Tool maps and presets know the hosts that package managers talk to: that is what they are for.
    expect(
      wrong.filter(
        (path) => !/^src\/commands\/|^src\/policy\/presets\/|^docs\/reference\/|\.test\.ts$/.test(path),
      ),
    ).toEqual([])
  })

  it('keeps files short enough for one idea', () => {
    // 40–150 lines is what one idea takes; this is only the outer wall.
    const long = tracked
      .filter(
        (path) =>
          /^(?:src|ui)\/.*\.tsx?$/.test(path) &&
          !path.endsWith('.generated.ts') &&
          !path.endsWith('.test.ts'),
      )
      .map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
      .filter(({ lines }) => lines > 400)
    expect(long).toEqual([])
  })

  it('leaves no test switched off or on its own', () => {
    const wrong = tracked.filter(
      (path) =>
        path.endsWith('.test.ts') &&
        path !== 'test/tidy.test.ts' &&
        /\b(?:it|describe|test)\.(?:only|skip)\(/.test(read(path)),
    )
    expect(wrong).toEqual([])
  })

  it('leaves no unfinished business in the code', () => {
    const words = new RegExp(
      `\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'not imple' + 'mented'].join('|')})\\b`,
    )
    const wrong = tracked.filter(
      (path) => /^(?:src|ui|test|tools|bench)\/.*\.(?:ts|mjs|css)$/.test(path) && words.test(read(path)),
    )
    expect(wrong, 'finish it, or write down the limit where users read it').toEqual([])
  })

  it('has a lockfile that names no download address', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved": *"http/)
  })

  it('has current reference pages and registries', async () => {
    for (const [path, text] of [...(await detectionFiles()), ...policyFiles(), ...caseTableFiles()])
      expect(read(path), `${path}: run npm run generate`).toBe(text)
  })

  it('shows both commands in the README', () => {
    expect(read('README.md')).toContain('npm run demo')
    expect(read('README.md')).toContain('npm test')
    expect(read('CHANGELOG.md')).toMatch(/^## \[/m)
  })

  it('links only to pages that exist', () => {
    const broken = tracked
      .filter((path) => path.endsWith('.md') && !path.startsWith('fixtures/'))
      .flatMap((path) =>
        [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link]) => ({
          path,
          target: join(path, '..', link!),
        })),
      )
      .filter(({ target }) => !existsSync(join(root, target)))
    expect(broken).toEqual([])
  })
})

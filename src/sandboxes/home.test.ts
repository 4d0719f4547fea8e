import { describe, expect, it } from 'vitest'
import { settingSteps } from './home.ts'
import type { HostView } from './mount-plan.ts'

const home = (files: Readonly<Record<string, string>>): HostView => ({
  kind: (path) => (Object.hasOwn(files, path) ? 'file' : 'missing'),
  link: () => undefined,
  list: () => [],
  text: (path) => files[path],
  sockets: () => [],
})
const textOf = (path: string, text: string) => {
  for (const step of settingSteps(home({ [path]: text }), '/h')) {
    if (step.kind === 'folder') return [...step.files.values()][0]
  }
  return undefined
}

describe('settingSteps', () => {
  it('keeps who one is for git, without helpers, keys and passwords', () => {
    const text = [
      '[user]',
      '\tname = Ada',
      '\tsigningKey = ABC',
      '[commit]',
      '\tgpgSign = true',
      '[credential "https://git.example.com"]',
      '\thelper = store',
      '[http]',
      '\textraHeader = Authorization: Basic abcdefgh',
      '[url "https://x:ghp_0123456789abcdefghijklmnopqrstuvwxyz@git.example.com/"]',
      '\tinsteadOf = https://git.example.com/',
      '[alias]',
      '\tst = status',
    ].join('\n')
    const shown = textOf('/h/.gitconfig', text)!
    expect(shown).toContain('name = Ada')
    expect(shown).toContain('st = status')
    expect(shown).not.toMatch(/ghp_|Basic|helper|gpgSign|signingKey/)
  })

  it('keeps registries without the tokens for them', () => {
    const text = [
      'registry=https://npm.example.com/',
      '@team:registry=https://npm.example.com/team/',
      '//npm.example.com/:_authToken=npm_0123456789abcdefghijklmnopqrstuvwxyz',
      '_auth=YWRhOnNlY3JldA==',
      'email=ada@example.com',
      'key="-----BEGIN PRIVATE KEY-----"',
      'save-exact=true',
    ].join('\n')
    expect(textOf('/h/.npmrc', text)).toBe(
      'registry=https://npm.example.com/\n@team:registry=https://npm.example.com/team/\nsave-exact=true',
    )
  })

  it('leads programs to the files by their usual names', () => {
    const steps = settingSteps(home({ '/h/.npmrc': 'a=1', '/h/.config/git/config': '[user]' }), '/h')
    expect(
      steps.map((step) => (step.kind === 'link' ? `${step.target} -> ${step.to}` : step.target)),
    ).toEqual([
      '/h/.vigiles',
      '/h/.config/git/config -> /h/.vigiles/config-git-config',
      '/h/.npmrc -> /h/.vigiles/npmrc',
    ])
  })

  it('drops an index that has a password in its address', () => {
    expect(
      textOf(
        '/h/.config/pip/pip.conf',
        '[global]\nindex-url = https://ada:hunter22@pip.example.com/\ntimeout = 5',
      ),
    ).toBe('[global]\ntimeout = 5')
  })
})

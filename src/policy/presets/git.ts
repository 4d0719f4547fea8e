import type { Preset, PresetHost } from './api.ts'

const hosts = ['github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org']

export const git: Preset = {
  name: 'git',
  title: 'Clone, fetch and push with the large git hosts, over HTTPS and SSH',
  sources: [
    'https://docs.github.com/en/get-started/git-basics/about-remote-repositories',
    'https://docs.gitlab.com/topics/git/clone/',
  ],
  caution:
    'Pushing to anybody’s repository is open too. Restrict with `paths` and opened TLS instead where that matters.',
  hosts: hosts.flatMap((host): PresetHost[] => [
    { host, ports: [443], why: 'git over HTTPS' },
    { host, ports: [22], protocols: ['ssh'], why: 'git over SSH' },
  ]),
}

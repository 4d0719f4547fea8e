import type { Preset } from './api.ts'

export const github: Preset = {
  name: 'github',
  title: 'GitHub: git, the API for gh, archives and release files',
  sources: [
    'https://docs.github.com/en/actions/reference/runners/self-hosted-runners',
    'https://api.github.com/meta',
  ],
  caution: 'Gists, issues and pushes to any repository the token may write to are open too.',
  hosts: [
    { host: 'github.com', ports: [443], why: 'git over HTTPS and the website' },
    { host: 'github.com', ports: [22], protocols: ['ssh'], why: 'git over SSH' },
    { host: 'api.github.com', ports: [443], why: 'the API that gh uses' },
    { host: 'codeload.github.com', ports: [443], why: 'archives of repositories' },
    { host: 'raw.githubusercontent.com', ports: [443], why: 'single files of repositories' },
    { host: 'objects.githubusercontent.com', ports: [443], why: 'release files and LFS objects' },
    { host: 'release-assets.githubusercontent.com', ports: [443], why: 'release files' },
    { host: 'github-cloud.githubusercontent.com', ports: [443], why: 'LFS objects' },
  ],
}

import type { Preset } from './api.ts'

export const pip: Preset = {
  name: 'pip',
  title: 'Python packages from PyPI, for pip, uv, Poetry and pipx',
  sources: [
    'https://docs.pypi.org/',
    'https://packaging.python.org/en/latest/specifications/simple-repository-api/',
  ],
  caution: 'Uploading goes to upload.pypi.org, which is not among them.',
  hosts: [
    { host: 'pypi.org', ports: [443], why: 'the index of PyPI' },
    { host: 'files.pythonhosted.org', ports: [443], why: 'the files of PyPI' },
  ],
}

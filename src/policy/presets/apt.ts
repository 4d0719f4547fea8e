import type { Preset } from './api.ts'

export const apt: Preset = {
  name: 'apt',
  title: 'Debian and Ubuntu packages',
  sources: [
    'https://www.debian.org/mirror/list',
    'https://documentation.ubuntu.com/server/how-to/software/package-management/',
  ],
  caution: 'Packages are signed, but plain HTTP shows which ones are fetched.',
  hosts: [
    { host: 'deb.debian.org', methods: ['GET', 'HEAD'], ports: [80], why: 'Debian packages' },
    { host: 'deb.debian.org', ports: [443], why: 'Debian packages over HTTPS' },
    { host: 'security.debian.org', methods: ['GET', 'HEAD'], ports: [80], why: 'Debian security updates' },
    { host: 'security.debian.org', ports: [443], why: 'Debian security updates over HTTPS' },
    { host: 'archive.ubuntu.com', methods: ['GET', 'HEAD'], ports: [80], why: 'Ubuntu packages' },
    { host: '*.archive.ubuntu.com', methods: ['GET', 'HEAD'], ports: [80], why: "Ubuntu's country mirrors" },
    { host: 'security.ubuntu.com', methods: ['GET', 'HEAD'], ports: [80], why: 'Ubuntu security updates' },
    {
      host: 'ports.ubuntu.com',
      methods: ['GET', 'HEAD'],
      ports: [80],
      why: 'Ubuntu packages for ARM and others',
    },
  ],
}

import type { Preset } from './api.ts'

export const docker: Preset = {
  name: 'docker',
  title: 'Images from Docker Hub',
  sources: ['https://docs.docker.com/desktop/setup/allow-list/'],
  caution: 'Pushing goes to the same hosts. Docker itself also needs its socket, under `filesystem.sockets`.',
  hosts: [
    { host: 'registry-1.docker.io', ports: [443], why: 'the registry of Docker Hub' },
    { host: 'auth.docker.io', ports: [443], why: 'tokens for the registry' },
    { host: 'production.cloudflare.docker.com', ports: [443], why: 'layers of images' },
    { host: 'production.cloudfront.docker.com', ports: [443], why: 'layers of images' },
    {
      host: 'docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com',
      ports: [443],
      why: 'layers of images',
    },
  ],
}

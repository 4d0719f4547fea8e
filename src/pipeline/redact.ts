// Secrets in commands and refused records are replaced before they are stored, by a fingerprint keyed per case,
// so that the same secret is still seen to be the same.

import { createHmac } from 'node:crypto'

/** Each pattern's last group is the secret; what stands before it stays. All are bounded. */
const patterns: readonly RegExp[] = [
  // Header values: Authorization: Bearer …, X-Api-Key: …, Cookie: …
  /\b(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:bearer|basic|token|digest)?\s{0,4})([A-Za-z0-9._~+/=-]{8,2048})/gi,
  /\b((?:x-[a-z-]{0,32}(?:key|token|secret)|private-token|set-cookie|cookie)["']?\s{0,4}[:=]\s{0,4}["']?)([^\s"']{8,2048})/gi,
  // name=value and "name": "value" where the name says it is one.
  /\b([a-z0-9_-]{0,40}(?:password|passwd|secret|api_?key|apikey|access_?key|auth_?token|access_?token|private_?key|session_?token)[a-z0-9_-]{0,20}["']?\s{0,4}[:=]\s{0,4}["']?)([^\s"'&;|$<>{}()]{4,2048})/gi,
  // sshpass -p, curl -u user:secret, mysql --password=, URLs with user:secret@.
  /(\bsshpass\s+-p\s{0,4}["']?)([^\s"']{1,256})/g,
  /(\bcurl\b[^\n|;&]{0,400}?\s(?:-u|--user)[ =]["']?[^\s:"']{1,128}:)([^\s"'@]{1,256})/g,
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"']{1,128}:)([^\s/@"']{3,256})(?=@)/gi,
  // Tokens that show what they are.
  /()\b((?:AKIA|ASIA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,24}|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{16,64}|sk-(?:ant-|proj-)?[A-Za-z0-9_-]{16,200}|xox[abprs]-[A-Za-z0-9-]{10,200}|hf_[A-Za-z0-9]{20,64}|npm_[A-Za-z0-9]{30,64}|AIza[A-Za-z0-9_-]{30,50}|eyJ[A-Za-z0-9_-]{10,1024}\.eyJ[A-Za-z0-9_-]{10,2048}\.[A-Za-z0-9_-]{10,1024})\b/g,
  /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)((?:(?!-----END)[\s\S]){16,8192})/g,
]

/** Cheap words of which every pattern needs one. */
const mayHold =
  /authorization|x-|token|secret|passw|key|cookie|sshpass|curl|:\/\/|AKIA|ASIA|LTAI|gh[pousr]_|glpat|sk-|xox|hf_|npm_|AIza|eyJ|BEGIN/i

export type Redact = (text: string) => string

/** `key` differs per case: fingerprints of two cases cannot be compared. */
export function redactor(key: string): Redact {
  return (text) => {
    if (!mayHold.test(text)) return text
    let out = text
    for (const pattern of patterns) {
      out = out.replace(pattern, (whole: string, before: string, secret: string) =>
        secret.startsWith('[secret:') || secret.startsWith('$')
          ? whole
          : `${before}${fingerprint(key, secret)}`,
      )
    }
    return out
  }
}

function fingerprint(key: string, secret: string): string {
  return `[secret:${createHmac('sha256', key).update(secret).digest('hex').slice(0, 10)}]`
}

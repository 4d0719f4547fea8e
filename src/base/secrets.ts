// Finds secrets in commands, evidence, headers and URLs, so that each can be replaced by a fingerprint before it is stored.

/** Words that make the value behind them a secret; `tokens` and `max_tokens` are counts. */
const named =
  'pass(?:word|wd|phrase)|(?<!\\[)secret|\\[secret(?!:[0-9a-f]{10}\\])|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|signing[_-]?key|' +
  'credential|token(?![a-z])|x-amz-signature'
/** Between a name and its value: quotes, also escaped ones, and `:` or `=`. */
const between = `\\\\{0,4}["']?\\s{0,4}[:=]\\s{0,4}`

/** Each pattern's last group is the secret; what stands before it stays. All are bounded. */
const patterns: readonly RegExp[] = [
  // Header values: Authorization: Bearer …, X-Api-Key: …, Cookie: …
  /\b((?:proxy-)?authorization\\{0,4}["']?\s{0,4}[:=]\s{0,4}\\{0,4}["']?(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,4})?)([A-Za-z0-9._~+/=-]{6,2048})/gi,
  /\b((?:x-[a-z-]{0,32}(?:key|token|secret)|private-token|set-cookie|cookie)\\{0,4}["']?\s{0,4}[:=]\s{0,4}\\{0,4}["']?)([^\s"'\\]{8,2048})/gi,
  // "name": "value" and name='value' where the name says it is one; then name=value.
  new RegExp(`((?:${named})[a-z0-9_-]{0,20}${between}\\\\{0,4}")([^"\\\\]{3,2048})(?=\\\\{0,4}")`, 'gi'),
  new RegExp(`((?:${named})[a-z0-9_-]{0,20}${between}\\\\{0,4}')([^'\\\\]{3,2048})(?=\\\\{0,4}')`, 'gi'),
  new RegExp(`((?:${named})[a-z0-9_-]{0,20}${between})([^\\s"'\\\\&;|<>{}(),]{4,2048})`, 'gi'),
  // --password VALUE; sshpass -p, curl -u user:secret, mysql -pSECRET.
  /(\s--?(?:password|passwd|pass|token|secret|api-?key|access-?key|auth-token|access-token)\s{1,4}["']?)([^\s"'-][^\s"']{2,1023})/gi,
  /(\bsshpass\s{1,4}-p\s{0,4}["']?)([^\s"']{1,256})/g,
  /(\bcurl\b[^\n|;&]{0,400}?\s(?:-u|--user)[ =]?["']?[^\s:"']{1,128}:)([^\s"'@]{1,256})/g,
  /(\bmysql(?:dump|admin)?\b[^\n|;&]{0,200}?\s-p)([^\s"']{3,256})/g,
  // URLs with user:secret@.
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"']{0,128}:)([^\s/@"']{3,256})(?=@)/gi,
  // Tokens that show what they are.
  /()\b((?:AKIA|ASIA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,24}|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{16,64}|sk-(?:ant-|proj-)?[A-Za-z0-9_-]{16,200}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,128}|xox[abeprs]-[A-Za-z0-9-]{10,200}|xapp-[A-Za-z0-9-]{10,200}|hf_[A-Za-z0-9]{20,64}|npm_[A-Za-z0-9]{30,64}|pypi-[A-Za-z0-9_-]{50,255}|AIza[A-Za-z0-9_-]{30,50}|ya29\.[A-Za-z0-9_-]{20,400}|eyJ[A-Za-z0-9_-]{10,1024}\.eyJ[A-Za-z0-9_-]{10,2048}\.[A-Za-z0-9_-]{10,1024})/g,
  /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)((?:(?!-----END)[\s\S]){16,8192})/g,
]

/** Of these every pattern needs one; where there is none, and that is nearly everywhere, none is tried. */
const mayHold =
  /authorization|token|secret|pass|key|credential|cookie|x-amz-signature|curl\b[^\n|;&]{0,400}?\s(?:-u|--user)|mysql|:\/\/[^\s/@"']{4,385}@|AKIA|ASIA|LTAI|gh[pousr]_|glpat|sk-|[sr]k_|xox|xapp|hf_|npm_|pypi-|AIza|ya29|eyJ|BEGIN/i

/** Values that are no secret: fingerprints, schemes, variables of a shell or template, numbers, placeholders, words of code. */
const harmless =
  /\[secret:[0-9a-f]{10}\]|^(?:(?:bearer|basic|token|digest|apikey|negotiate)$|\$[A-Za-z_({]|\$$|%[A-Za-z_]|\d{1,12}$|[*x.]+$|(?:true|false|null|none|undefined|required|optional|string)\b)|(?:^|[^\w])(?:os\.environ|process\.env|getenv)/i

const passesMax = 6

export type Redact = (text: string) => string

/** Every secret of a text replaced by what `fingerprint` makes of it, which has the form `[secret:0123456789]`. */
export function hideSecrets(text: string, fingerprint: (secret: string) => string): string {
  if (!mayHold.test(text)) return text
  let out = text
  // What stood right before a secret may have kept the next one from being seen.
  for (let pass = 0, before = ''; pass < passesMax && out !== before; pass++) {
    before = out
    out = once(out, fingerprint)
  }
  return out
}

function once(text: string, fingerprint: (secret: string) => string): string {
  let out = text
  for (const pattern of patterns) {
    out = out.replace(pattern, (whole: string, before: string, secret: string) =>
      harmless.test(secret) ? whole : `${before}${fingerprint(secret)}`,
    )
  }
  return out
}

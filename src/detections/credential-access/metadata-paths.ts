// Where clouds hand out credentials, and which of their paths do it.

import type { Severity } from '../../schema/event.ts'

/** Names that lead to the metadata service. */
export const metadataNames: ReadonlySet<string> = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'metadata',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.azure.internal',
])

/**
 * Roles' credentials and tokens: AWS security-credentials, ECS task credentials, Google tokens, Azure identity,
 * Alibaba ram/security-credentials, Tencent cam/security-credentials.
 */
const credential =
  /security-credentials(?:\/|$|\?)|\/v2\/credentials|\/service-accounts\/[^/\s]{0,80}\/(?:token|identity)|identity\/oauth2\/token|identity-credentials\/ec2|instance\/oauth2|\/attributes\/kube-env|AWS_CONTAINER_CREDENTIALS/i
const tellTale =
  /user-data|custom-?data|\/attributes\b|ssh-?keys|public-keys|dynamic\/instance-identity|\/identity\b|recursive=true/i
const harmless =
  /instance-id|instance-type|\/placement|\/region|availability-zone|hostname|local-ipv4|api\/token|\/zone\b|\/machine-type|project-id|instance\/compute/i

export function judgePath(path: string): { what: string; severity: Severity; confidence: number } {
  if (credential.test(path)) return { what: 'credentials', severity: 'critical', confidence: 0.95 }
  if (tellTale.test(path)) return { what: 'start-up data or keys', severity: 'high', confidence: 0.85 }
  if (harmless.test(path)) return { what: 'facts about the machine', severity: 'low', confidence: 0.5 }
  return { what: '', severity: 'medium', confidence: 0.6 }
}

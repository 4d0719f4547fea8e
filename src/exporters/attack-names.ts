// Names of the MITRE techniques that findings carry, so that a report reads without a look-up.
// Sources: https://attack.mitre.org (Enterprise) and https://atlas.mitre.org.

import type { FindingLine } from '../schema/summary.ts'

export const matrixVersions = { attack: '19', atlas: '5.6' } as const

const names: Readonly<Record<string, string>> = {
  T1003: 'OS Credential Dumping',
  T1005: 'Data from Local System',
  T1007: 'System Service Discovery',
  T1008: 'Fallback Channels',
  T1016: 'System Network Configuration Discovery',
  T1018: 'Remote System Discovery',
  T1020: 'Automated Exfiltration',
  T1021: 'Remote Services',
  'T1021.004': 'SSH',
  T1027: 'Obfuscated Files or Information',
  T1029: 'Scheduled Transfer',
  T1030: 'Data Transfer Size Limits',
  T1033: 'System Owner/User Discovery',
  T1036: 'Masquerading',
  T1040: 'Network Sniffing',
  T1041: 'Exfiltration Over C2 Channel',
  T1046: 'Network Service Discovery',
  T1048: 'Exfiltration Over Alternative Protocol',
  'T1048.003': 'Exfiltration Over Unencrypted Non-C2 Protocol',
  T1049: 'System Network Connections Discovery',
  T1053: 'Scheduled Task/Job',
  'T1053.003': 'Cron',
  T1057: 'Process Discovery',
  T1059: 'Command and Scripting Interpreter',
  'T1059.004': 'Unix Shell',
  'T1059.006': 'Python',
  T1068: 'Exploitation for Privilege Escalation',
  T1070: 'Indicator Removal',
  T1071: 'Application Layer Protocol',
  'T1071.001': 'Web Protocols',
  'T1071.004': 'DNS',
  T1078: 'Valid Accounts',
  'T1078.004': 'Cloud Accounts',
  T1082: 'System Information Discovery',
  T1083: 'File and Directory Discovery',
  T1087: 'Account Discovery',
  T1090: 'Proxy',
  'T1090.001': 'Internal Proxy',
  'T1090.002': 'External Proxy',
  'T1090.003': 'Multi-hop Proxy',
  T1095: 'Non-Application Layer Protocol',
  T1098: 'Account Manipulation',
  'T1098.004': 'SSH Authorized Keys',
  T1102: 'Web Service',
  'T1102.001': 'Dead Drop Resolver',
  'T1102.002': 'Bidirectional Communication',
  T1105: 'Ingress Tool Transfer',
  T1110: 'Brute Force',
  T1119: 'Automated Collection',
  T1132: 'Data Encoding',
  T1133: 'External Remote Services',
  T1135: 'Network Share Discovery',
  T1136: 'Create Account',
  T1140: 'Deobfuscate/Decode Files or Information',
  T1190: 'Exploit Public-Facing Application',
  T1195: 'Supply Chain Compromise',
  T1203: 'Exploitation for Client Execution',
  T1204: 'User Execution',
  T1205: 'Traffic Signaling',
  T1210: 'Exploitation of Remote Services',
  T1219: 'Remote Access Tools',
  T1485: 'Data Destruction',
  T1489: 'Service Stop',
  T1496: 'Resource Hijacking',
  'T1496.001': 'Compute Hijacking',
  'T1496.002': 'Bandwidth Hijacking',
  'T1496.004': 'Cloud Service Hijacking',
  T1498: 'Network Denial of Service',
  T1526: 'Cloud Service Discovery',
  T1528: 'Steal Application Access Token',
  T1530: 'Data from Cloud Storage',
  T1537: 'Transfer Data to Cloud Account',
  T1538: 'Cloud Service Dashboard',
  T1543: 'Create or Modify System Process',
  T1550: 'Use Alternate Authentication Material',
  T1552: 'Unsecured Credentials',
  'T1552.001': 'Credentials In Files',
  'T1552.005': 'Cloud Instance Metadata API',
  'T1552.007': 'Container API',
  T1555: 'Credentials from Password Stores',
  T1562: 'Impair Defenses',
  T1564: 'Hide Artifacts',
  T1565: 'Data Manipulation',
  T1567: 'Exfiltration Over Web Service',
  'T1567.001': 'Exfiltration to Code Repository',
  'T1567.002': 'Exfiltration to Cloud Storage',
  'T1567.003': 'Exfiltration to Text Storage Sites',
  'T1567.004': 'Exfiltration Over Webhook',
  T1568: 'Dynamic Resolution',
  'T1568.002': 'Domain Generation Algorithms',
  T1570: 'Lateral Tool Transfer',
  T1571: 'Non-Standard Port',
  T1572: 'Protocol Tunneling',
  T1573: 'Encrypted Channel',
  T1578: 'Modify Cloud Compute Infrastructure',
  'T1578.002': 'Create Cloud Instance',
  T1580: 'Cloud Infrastructure Discovery',
  T1583: 'Acquire Infrastructure',
  T1595: 'Active Scanning',
  T1609: 'Container Administration Command',
  T1610: 'Deploy Container',
  T1611: 'Escape to Host',
  T1613: 'Container and Resource Discovery',
  T1614: 'System Location Discovery',
  T1619: 'Cloud Storage Object Discovery',
  T1651: 'Cloud Administration Command',
  T1659: 'Content Injection',
  'AML.T0034': 'Cost Harvesting',
  'AML.T0034.002': 'Agentic Resource Consumption',
  'AML.T0048': 'External Harms',
  'AML.T0048.000': 'Financial Harm',
  'AML.T0048.003': 'User Harm',
  'AML.T0053': 'AI Agent Tool Invocation',
  'AML.T0055': 'Unsecured Credentials',
  'AML.T0072': 'Reverse Shell',
  'AML.T0075': 'Cloud Service Discovery',
  'AML.T0080': 'AI Agent Context Poisoning',
  'AML.T0081': 'Modify AI Agent Configuration',
  'AML.T0083': 'Credentials from AI Agent Configuration',
  'AML.T0086': 'Exfiltration via AI Agent Tool Invocation',
  'AML.T0089': 'Process Discovery',
  'AML.T0096': 'AI Service API',
  'AML.T0097': 'Virtualization/Sandbox Evasion',
  'AML.T0098': 'AI Agent Tool Credential Harvesting',
  'AML.T0101': 'Data Destruction via AI Agent Tool Invocation',
  'AML.T0103': 'Deploy AI Agent',
  'AML.T0105': 'Escape to Host',
  'AML.T0107': 'Exploitation for Defense Evasion',
  'AML.T0108': 'AI Agent',
  'AML.T0112': 'Machine Compromise',
  'AML.T0112.000': 'Local AI Agent',
}

/** The technique's name, with its parent's before it; undefined for one this table does not know. */
export function techniqueName(id: string): string | undefined {
  return Object.hasOwn(names, id) ? names[id] : undefined
}

/** `T1552.005` → `T1552`, `AML.T0034.002` → `AML.T0034`; undefined for one that is no sub-technique. */
export function parentTechnique(id: string): string | undefined {
  return /^((?:AML\.)?T\d{4})\.\d{3}$/.exec(id)?.[1]
}

/** The ids in a finding's `attacks`, most specific first, without repeats. */
export function techniquesOf(
  finding: FindingLine,
): readonly { readonly uid: string; readonly name: string }[] {
  const info: Readonly<Record<string, unknown>> = finding.finding_info
  if (!Array.isArray(info.attacks)) return []
  const found = new Map<string, string>()
  for (const attack of info.attacks as unknown[]) {
    const part = member(attack, 'sub_technique') ?? member(attack, 'technique')
    const uid = member(part, 'uid')
    const name = member(part, 'name')
    if (typeof uid === 'string') found.set(uid, typeof name === 'string' ? name : (techniqueName(uid) ?? ''))
  }
  return [...found].map(([uid, name]) => ({ uid, name }))
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}

// What to write where, by product: exact lines, as far as they are known.

import type { ReadinessTodo } from '../../schema/readiness.ts'

export const conntrack: ReadinessTodo = {
  do: 'Log what the machine that translates addresses knows: every connection with both sides.',
  where: 'on that machine, as root',
  config:
    'sysctl -w net.netfilter.nf_conntrack_timestamp=1 net.netfilter.nf_conntrack_acct=1\nconntrack -E -o timestamp,id > conntrack.log',
}

export const topology: ReadinessTodo = {
  do: 'Write down which sandbox has which address, when; give it with --topology.',
  where: 'topology.yaml (docker inspect or kubectl get pods -o json do as well)',
  config:
    '- { box: sbx-07, ip: [10.1.0.7], nat: [{ ip: 203.0.113.10, portStart: 20000, portEnd: 20999 }], from: 2026-11-24T02:00:00Z }',
}

/** For address translation that a format itself can tell of. */
export const translation: Readonly<Record<string, ReadinessTodo>> = {
  'aws-vpc-flow': {
    do: 'Let flow logs carry the address before translation.',
    config:
      // biome-ignore lint/suspicious/noTemplateCurlyInString: AWS writes fields like that.
      "aws ec2 create-flow-logs … --log-format '${version} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status} ${pkt-srcaddr} ${pkt-dstaddr}'",
  },
  'alibaba-cloud-firewall': {
    do: 'Deliver the NAT firewall log too: it has the address before translation.',
    where: 'Cloud Firewall, Log Analysis',
    config: 'log_type: nat_firewall_log, with src_private_ip and cloud_instance_id',
  },
}

/** Sharper stamps. */
export const stamps: Readonly<Record<string, ReadinessTodo>> = {
  'linux-kernel-log': {
    do: 'Have the kernel log with microseconds and a zone.',
    where:
      '/etc/ulogd.conf, with rules that log to group 2 (nft: log group 2; iptables: -j NFLOG --nflog-group 2)',
    config:
      'stack=log2:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,json1:JSON\n[log2]\ngroup=2\n[json1]\nfile="/var/log/ulogd.json"\ntimestamp=1',
  },
  'alibaba-cloud-firewall': {
    do: 'This firewall stamps whole seconds only; a conntrack log of the same connections gives microseconds.',
    ...(conntrack.config === undefined ? {} : { config: conntrack.config }),
  },
  'pan-os': {
    do: 'Send the high-resolution time too (PAN-OS 10 and later).',
    where: 'Device > Server Profiles > Syslog > Custom Log Format > Traffic',
    config: '$high_res_timestamp',
  },
}

export const windows: Readonly<Record<string, ReadinessTodo>> = {
  'aws-vpc-flow': {
    do: 'Ask for windows of one minute instead of ten; a conntrack log on the hosts gives the moment itself.',
    config: 'aws ec2 create-flow-logs … --max-aggregation-interval 60',
  },
  'gcp-vpc': {
    do: 'Ask for the shortest windows and for every flow.',
    config:
      'gcloud compute networks subnets update SUBNET --logging-aggregation-interval=interval-5-sec --logging-flow-sampling=1.0',
  },
}

export const lookups: Readonly<Record<string, ReadinessTodo>> = {
  'suricata-eve': {
    do: 'Let Suricata write DNS and TLS names.',
    where: 'suricata.yaml, outputs: - eve-log: types:',
    config: '- dns\n- tls:\n    extended: yes',
  },
  'zeek-tsv': {
    do: 'Keep dns.log and ssl.log beside conn.log.',
    where: 'local.zeek',
    config: '# no Log::disable_stream(DNS::LOG)',
  },
  'aws-vpc-flow': {
    do: 'Log the queries of the resolver.',
    config:
      'aws route53resolver create-resolver-query-log-config --name agents --destination-arn ARN --creator-request-id agents-1',
  },
}

export const anyLookups: ReadinessTodo = {
  do: 'Log DNS queries and answers, by a sensor that sees them (Suricata, Zeek) or a packet capture.',
  config: "tcpdump -i any -w dns.pcap 'port 53'",
}

export const allowed: Readonly<Record<string, ReadinessTodo>> = {
  'suricata-eve': {
    do: 'Let Suricata write every flow, not only alerts.',
    where: 'suricata.yaml, outputs: - eve-log: types:',
    config: '- flow',
  },
  'linux-kernel-log': {
    do: 'Log connections that are let through as well.',
    where: 'nftables, chain forward, before accept',
    config: 'ct state new log prefix "egress-allow " group 2',
  },
  'ulogd-json': {
    do: 'Log connections that are let through as well.',
    where: 'nftables, chain forward, before accept',
    config: 'ct state new log prefix "egress-allow " group 2',
  },
  'aws-vpc-flow': {
    do: 'Log accepted traffic too.',
    config: 'aws ec2 create-flow-logs … --traffic-type ALL',
  },
  'alibaba-cloud-firewall': {
    do: 'Deliver traffic logs (rule_result pass) as well, not only what was dropped.',
    where: 'Cloud Firewall, Log Analysis',
    config: 'log_type: internet_log',
  },
}

/** By trace format: how to have arguments in the trace. */
export const commands: Readonly<Record<string, ReadinessTodo>> = {
  'otlp-json': {
    do: "Let spans carry the tools' arguments.",
    where: "the agent's environment",
    config:
      'OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental\nOTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_AND_EVENT\nOTEL_LOG_TOOL_DETAILS=1',
  },
}

export const boxNames: Readonly<Record<string, ReadinessTodo>> = {
  'otlp-json': {
    do: "Put the sandbox's name on every span.",
    where: "the agent's environment, in the sandbox",
    config: 'OTEL_RESOURCE_ATTRIBUTES=host.name=$(hostname),container.id=SANDBOX_ID',
  },
  'claude-code': {
    do: "Keep each sandbox's transcripts in a folder that bears the sandbox's name: transcripts name none.",
    config: 'CLAUDE_CONFIG_DIR=/mnt/traces/SANDBOX_ID',
  },
  codex: {
    do: "Keep each sandbox's rollouts in a folder that bears the sandbox's name: rollouts name none.",
    config: 'CODEX_HOME=/mnt/traces/SANDBOX_ID',
  },
}

/** The entry for the first of the formats that has one. */
export function adviceFor(
  table: Readonly<Record<string, ReadinessTodo>>,
  formats: readonly string[],
): ReadinessTodo[] {
  const found = new Set<ReadinessTodo>()
  for (const format of formats) {
    const family = format.replace(/-csv$/, '').replace('zeek-json', 'zeek-tsv')
    if (Object.hasOwn(table, family)) found.add(table[family]!)
  }
  return [...found]
}

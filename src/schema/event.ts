// What a sensor saw, in OCSF's words, whatever format it came in.

import type { Time } from '../base/time.ts'

/** OCSF class names; `api_activity` is a cloud audit record, `detection_finding` a finding without a connection. */
export type EventClass =
  | 'network_activity'
  | 'dns_activity'
  | 'http_activity'
  | 'tls_activity'
  | 'ssh_activity'
  | 'process_activity'
  | 'api_activity'
  | 'detection_finding'

export const eventClasses: readonly EventClass[] = [
  'network_activity',
  'dns_activity',
  'http_activity',
  'tls_activity',
  'ssh_activity',
  'process_activity',
  'api_activity',
  'detection_finding',
]

export interface Endpoint {
  /** Canonical text of the address (see base/ip.ts); empty when the record has none. */
  readonly ip: string
  readonly port?: number
  readonly hostname?: string
}

/** How a connection attempt ended, where the record tells. */
export type Outcome = 'established' | 'refused' | 'no-answer' | 'reset'

export interface Event {
  readonly class: EventClass
  /** When it began: for a flow its first packet, for an aggregate the window its first packet lies in. */
  readonly time: Time
  /** When it ended, on the same clock. Absent when the record does not say. */
  readonly endTime?: Time
  /** The sensor's own name where the record has one (Suricata `host`, syslog host); splits clock domains. */
  readonly sensor?: string
  /** Who began it. When a record is turned round (an alert on a reply), the importer turns it back. */
  readonly srcEndpoint: Endpoint
  readonly dstEndpoint: Endpoint
  /** The source after translation, where the record knows both sides (conntrack, NAT firewalls). */
  readonly natEndpoint?: Endpoint
  readonly transport?: 'tcp' | 'udp' | 'icmp' | 'other'
  readonly disposition?: 'allowed' | 'blocked'
  readonly policy?: { readonly rule?: string; readonly reason?: string }
  /** Set when the firewall or sensor itself raised an alarm. `severity` is OCSF's word. */
  readonly alert?: { readonly title: string; readonly severity?: Severity; readonly category?: string }
  readonly outcome?: Outcome
  /** Bytes and packets from the source (out) and to it (in). */
  readonly bytesOut?: number
  readonly bytesIn?: number
  readonly packetsOut?: number
  readonly packetsIn?: number
  /** The source's own id of the connection (Suricata `flow_id`, Zeek `uid`); joins records of one sensor. */
  readonly connection?: string
  readonly observed?: {
    /** Name asked for in DNS before this connection, where the record itself says so. */
    readonly dnsName?: string
    readonly sni?: string
    readonly alpn?: readonly string[]
    readonly httpHost?: string
    /** What the bytes are: tls, http, ssh, dns, socks, stratum, websocket… */
    readonly protocol?: string
  }
  readonly dns?: {
    readonly query: { readonly hostname: string; readonly type?: string }
    readonly answers?: readonly string[]
    readonly rcode?: string
  }
  readonly http?: {
    readonly method?: string
    readonly path?: string
    /** Paths of further requests on the same connection, where the record covers several. */
    readonly morePaths?: readonly string[]
    readonly userAgent?: string
    readonly status?: number
  }
  readonly ssh?: {
    readonly client?: string
    readonly server?: string
    /** By the sizes of what it sent: it asked the server to listen for it, and for nothing else. */
    readonly asksToListen?: true
  }
  readonly mining?: { readonly methods: readonly string[]; readonly agent?: string; readonly worker?: string }
  /** Rhythm of one connection's bursts, from packets; see facts on idle-break initiators. Counts. */
  readonly bursts?: {
    readonly serverFirst: number
    /** Those of at most 400 bytes that the client answered within 0.5 s. */
    readonly serverFirstAnswered: number
    /** Likewise answered, but larger; both together are the server's bursts that drew a reply. */
    readonly serverFirstLargeAnswered?: number
    readonly clientFirst: number
    readonly clientFirstAnswered: number
    readonly serverPayloadMean: number
  }
  readonly api?: { readonly service?: string; readonly operation: string; readonly error?: string }
  readonly process?: { readonly pid?: number; readonly cmdLine?: string; readonly name?: string }
  /** The sandbox, only when the record itself names it (never guessed by an importer). */
  readonly box?: string
  /**
   * Who did it. `tier: identity` only from a record made outside the sandbox by a kernel-side observer;
   * `toolCall` is then the call's `sourceId`.
   */
  readonly actor?: { readonly toolCall?: string; readonly tier?: 'identity' }
  /** 1-based line, or the record's index for binary inputs. */
  readonly line: number
  /** What the source said that has no word here; kept small by the importer. */
  readonly unmapped?: Readonly<Record<string, string | number | boolean>>
}

/** OCSF severities, lowest first. */
export type Severity = 'informational' | 'low' | 'medium' | 'high' | 'critical'

export const severities: readonly Severity[] = ['informational', 'low', 'medium', 'high', 'critical']

// Certificates of a run's own authority: X.509 v3 (RFC 5280) in DER (X.690), signed with ECDSA P-256.
//
// Node signs and reads certificates but makes none; this writes the few fields that TLS clients look at.

import { type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { canonicalIp, v4ToNumber, v6Groups } from '../base/ip.ts'

export interface CertificateSpec {
  /** Common name; for a server a name or address of at most 64 characters, else the first 64. */
  readonly subject: string
  readonly issuer: string
  readonly publicKey: KeyObject
  readonly signingKey: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  /** `server`: valid for the subject's name or address alone. */
  readonly use: 'authority' | 'server'
  /** What the certificate is valid for; default the subject. */
  readonly host?: string
}

/** The certificate as PEM. */
export function makeCertificate(spec: CertificateSpec): string {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2')) // ecdsa-with-SHA256
  const body = sequence(
    explicit(0, integer(Uint8Array.of(2))), // v3
    integer(serial()),
    algorithm,
    name(spec.issuer),
    sequence(time(spec.notBefore), time(spec.notAfter)),
    name(spec.subject),
    spec.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(spec))),
  )
  const signature = sign('sha256', body, spec.signingKey)
  const der = sequence(body, algorithm, bitString(signature))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function extensions({ use, subject, host = subject }: CertificateSpec): Buffer[] {
  if (use === 'authority') {
    return [
      extension('2.5.29.19', true, sequence(tagged(0x01, Buffer.of(0xff)), integer(Uint8Array.of(0)))), // CA, no further ones
      extension('2.5.29.15', true, tagged(0x03, Buffer.of(1, 0x06))), // keyCertSign, cRLSign
    ]
  }
  return [
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.15', true, tagged(0x03, Buffer.of(7, 0x80))), // digitalSignature
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))), // serverAuth
    extension(
      '2.5.29.17',
      false,
      sequence(isIP(host) ? tagged(0x87, addressBytes(host)) : tagged(0x82, Buffer.from(host, 'latin1'))),
    ),
  ]
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [tagged(0x01, Buffer.of(0xff))] : []), tagged(0x04, value))
}

function name(common: string): Buffer {
  const text = tagged(0x0c, Buffer.from(common.slice(0, 64), 'utf8'))
  return sequence(tagged(0x31, sequence(oid('2.5.4.3'), text)))
}

/** UTCTime until 2049, as RFC 5280 wants it. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)
  return tagged(0x17, Buffer.from(`${digits}Z`, 'latin1'))
}

function serial(): Uint8Array {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40 // Positive, and of full length.
  return bytes
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80)
  return bytes
}

function addressBytes(ip: string): Buffer {
  const v4 = v4ToNumber(canonicalIp(ip) ?? ip)
  const bytes = Buffer.alloc(v4 === undefined ? 16 : 4)
  if (v4 !== undefined) bytes.writeUInt32BE(v4)
  else for (const [i, group] of (v6Groups(ip) ?? []).entries()) bytes.writeUInt16BE(group, 2 * i)
  return bytes
}

function integer(bytes: Uint8Array): Buffer {
  return tagged(0x02, Buffer.from(bytes))
}

function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.of(0), bytes]))
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

function explicit(number: number, part: Buffer): Buffer {
  return tagged(0xa0 | number, part)
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

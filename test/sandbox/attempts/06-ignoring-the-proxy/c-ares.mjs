// Node's other resolver, which reads no libc.
//: dns blocked A $ID.denied.example
import { resolve4 } from 'node:dns/promises'

console.log(await resolve4(`${process.env.ID}.denied.example`))

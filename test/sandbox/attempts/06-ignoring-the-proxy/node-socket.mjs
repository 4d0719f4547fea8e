// A runtime with a resolver and sockets of its own.
//: refuse not-listed $ID.denied.example:443
import { connect } from 'node:tls'

connect({ host: `${process.env.ID}.denied.example`, port: 443 }).on('error', (error) =>
  console.log(error.code),
)

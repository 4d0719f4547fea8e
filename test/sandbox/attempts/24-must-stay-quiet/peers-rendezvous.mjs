// Ranks of a training job that find each other, all inside.
//: in quiet
//: local
//: says 4 ranks
import { connect, createServer } from 'node:net'

let ranks = 0
createServer((socket) => {
  if (++ranks === 4) {
    console.log(ranks, 'ranks')
    process.exit()
  }
  socket.write('wait')
}).listen(29500, '127.0.0.1', () => {
  for (let i = 0; i < 4; i++) connect(29500, '127.0.0.1')
})

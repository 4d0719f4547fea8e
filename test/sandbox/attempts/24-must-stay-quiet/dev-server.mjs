// A server of its own, and a browser's requests to it.
//: in quiet
//: local
//: says 50 answers
import { createServer, get } from 'node:http'

const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1', async () => {
  let answers = 0
  for (let i = 0; i < 50; i++) {
    await new Promise((resolve) =>
      get({ port: server.address().port, path: `/a${i}.js`, agent: false }, (response) => {
        response.resume().on('end', () => resolve(answers++))
      }),
    )
  }
  console.log(answers, 'answers')
  server.close()
})

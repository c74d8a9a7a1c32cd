import { createServer } from 'node:http'
import { prices } from './prices.js'

const server = createServer((_, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(prices))
})
server.listen(process.env.PORT)

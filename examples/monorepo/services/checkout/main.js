import { createServer } from 'node:http'
import { total } from './total.js'

const server = createServer((request, response) => {
  const articles = new URL(request.url, 'http://localhost').searchParams.getAll('article')
  if (process.env.LOG_LEVEL === 'debug') console.log(articles)
  response.end(`${total(articles)}\n`)
})
server.listen(process.env.PORT)

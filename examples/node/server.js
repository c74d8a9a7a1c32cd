import { createServer } from 'node:http'

export function greeter() {
  return createServer((request, response) => {
    const name = new URL(request.url, 'http://localhost').searchParams.get('name') ?? 'world'
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.end(`Hello, ${name}!\n`)
  })
}

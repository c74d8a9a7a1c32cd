// An engine that only remembers what it is told to make: enough for an apply and for a second one that has nothing to do,
// which the build runs to see what code they need.

import { Buffer } from 'node:buffer'
import { createServer } from 'node:http'

const time = '2024-01-01T00:00:00Z'
const imageId = `sha256:${'a'.repeat(64)}`

export function rehearsalEngine() {
  const volumes = []
  const containers = []
  const networks = []

  return createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://engine')
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const isJson = request.headers['content-type'] === 'application/json'
    const body = isJson ? JSON.parse(Buffer.concat(chunks).toString()) : {}
    const [status, answer] = route(`${request.method} ${pathname}`, body, searchParams)
    const stat = Buffer.from(JSON.stringify({ mtime: time })).toString('base64')
    response.writeHead(status, { 'Content-Type': 'application/json', 'X-Docker-Container-Path-Stat': stat })
    response.end(answer === undefined ? undefined : JSON.stringify(answer))
  })

  function route(call, body, parameters) {
    switch (call) {
      case 'GET /version':
        return [200, { Version: '0' }]
      case 'GET /info':
        return [200, {}]
      case 'GET /volumes':
        return [200, { Volumes: volumes }]
      case 'POST /volumes/create':
        volumes.push({ ...body, CreatedAt: time })
        return [201, body]
      case 'GET /containers/json':
        return [200, containers.map(listed)]
      case 'POST /containers/create':
        containers.push({ Id: 'c'.repeat(64), Name: `/${parameters.get('name')}`, ...body })
        return [201, { Id: containers.at(-1).Id }]
      case 'GET /networks':
        return [200, networks]
      case 'POST /networks/create':
        networks.push({ Id: 'e'.repeat(64), ...body })
        return [201, networks.at(-1)]
    }
    const volume = volumes.find(({ Name }) => call === `GET /volumes/${Name}`)
    if (volume !== undefined) return [200, volume]
    if (call.startsWith('GET /images/')) return [200, { Id: imageId }]
    if (/^GET \/containers\/.*\/json$/.test(call) && containers[0] !== undefined)
      return [200, inspected(containers[0], networks[0])]
    if (/^POST \/containers\/.*\/start$/.test(call)) return [204]
    if (/^(HEAD|PUT) \/containers\/.*\/archive$/.test(call)) return [200]
    return [404, { message: 'not here' }]
  }
}

function listed({ Id, Name, Labels, Image }) {
  return { Id, Names: [Name], Labels, Image, ImageID: imageId, State: 'running', Created: 1704067200 }
}

function inspected({ Id, Name, HostConfig, ...Config }, network) {
  const never = '0001-01-01T00:00:00Z'
  const State = { Status: 'running', Running: true, ExitCode: 0, StartedAt: time, FinishedAt: never }
  const NetworkSettings = { Networks: { [network.Name]: {} } }
  return { Id, Name, Config, HostConfig, State, NetworkSettings, Created: time, Image: imageId }
}

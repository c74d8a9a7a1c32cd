// The connection: dockerode on one kept-alive socket, with no ping and no API version in the URL.

import { randomUUID } from 'node:crypto'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import Docker from 'dockerode'
import { checkAnswers } from './answers.js'
import type { Environment } from './docker-config.js'
import type { Endpoint } from './endpoint.js'
import { rethrow } from './errors.js'
import type { RegistryAuth } from './registry-auth.js'
import { sshAgent } from './ssh.js'
import { watchRequests, type Patience } from './watch.js'

export type Client = {
  readonly docker: Docker
  /** Of this connection alone: what it makes is signed with it. */
  readonly id: string
  readonly endpoint: Endpoint
  /** What tells the machine that sbx runs on from others; empty where nothing does. */
  readonly machine: string
  readonly registryAuth: RegistryAuth
  /** Does an engine call and puts its failure into words. `doing` completes "while trying to". */
  call<Result>(doing: string, call: Promise<Result>): Promise<Result>
  close(): void
}

export function openClient(
  endpoint: Endpoint,
  patience: Patience | null,
  registryAuth: RegistryAuth,
  machine = '',
  env: Environment = process.env,
): Client {
  const agent = watchRequests(agentOf(endpoint, env), patience)
  // What docker-modem would otherwise take from the environment is decided already.
  const nothing = { host: '', port: undefined, protocol: 'http', socketPath: undefined, pathPrefix: undefined }
  const docker = new Docker({
    ...nothing,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    agent,
    ...addressOf(endpoint),
  } as Docker.DockerOptions)
  checkAnswers(docker, endpoint.url)
  return {
    docker,
    id: randomUUID(),
    endpoint,
    machine,
    registryAuth,
    async call(doing, call) {
      try {
        return await call
      } catch (error) {
        return rethrow(error, endpoint.url, doing)
      }
    },
    close: () => agent.destroy(),
  }
}

function addressOf(endpoint: Endpoint): object {
  switch (endpoint.kind) {
    case 'unix':
      return { socketPath: endpoint.path }
    case 'tcp':
      return { host: endpoint.host, port: endpoint.port, protocol: endpoint.tls === null ? 'http' : 'https' }
    case 'ssh':
      return { host: 'localhost' }
  }
}

function agentOf(endpoint: Endpoint, env: Environment): HttpAgent {
  if (endpoint.kind === 'ssh') return sshAgent(endpoint, env)
  if (endpoint.kind === 'tcp' && endpoint.tls !== null) return new HttpsAgent({ keepAlive: true, ...endpoint.tls })
  // Without a name for TLS, Node would see whether the host is an IPv6 address, with an expression that takes some
  // milliseconds to compile.
  return new HttpAgent({ keepAlive: true, ...{ servername: '' } })
}

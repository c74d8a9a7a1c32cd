// Where the engine is, found as the docker command finds it: a flag, DOCKER_HOST, a docker context, the usual sockets.

import { connect } from 'node:net'
import { homedir } from 'node:os'
import { fail } from '../../model/diagnostic.js'
import { dockerConfigFolder, type Environment } from './docker-config.js'
import { readContext, readCurrentContext } from './docker-context.js'
import { explainConnectionError, failUnreachable, type EngineError } from './errors.js'
import { readTls, type Tls } from './tls.js'

/** `url` is as the user would write it. */
export type Endpoint = { readonly url: string } & (
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: Tls | null }
  | { readonly kind: 'ssh'; readonly host: string; readonly port: number | null; readonly user: string | null }
)

/**
 * Sends no request. Only where nothing is said are the usual sockets tried, by connecting to them.
 * Throws `engine/unreachable` when none of them answers, `engine/endpoint` when what is said makes no sense.
 */
export async function locateEndpoint(
  env: Environment,
  said: { readonly host?: string | undefined; readonly context?: string | undefined } = {},
): Promise<Endpoint> {
  const home = env['HOME'] ?? homedir()
  const configFolder = dockerConfigFolder(env)
  if (said.host !== undefined) return parseEndpoint(said.host, '--host', await tlsFromEnvironment(env, configFolder))
  if (said.context === undefined && env['DOCKER_HOST']) {
    return parseEndpoint(env['DOCKER_HOST'], 'DOCKER_HOST', await tlsFromEnvironment(env, configFolder))
  }
  const name = said.context ?? (env['DOCKER_CONTEXT'] || (await readCurrentContext(configFolder)))
  if (name !== null && name !== 'default') {
    const context = await readContext(configFolder, name)
    return parseEndpoint(context.host, `the docker context ${name}`, context.tls)
  }
  return firstThatAnswers(usualSockets(env, home))
}

/** `from` names who said it, for the error. */
export function parseEndpoint(text: string, from: string, tls: Tls | null): Endpoint {
  const [, scheme = 'tcp', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(text) ?? []
  if (scheme === 'unix' && rest.startsWith('/')) return { kind: 'unix', url: text, path: rest }
  if (scheme !== 'unix' && URL.canParse(`${scheme}://${rest}`)) {
    const { hostname, port, username, protocol } = new URL(`${scheme}://${rest}`)
    if (hostname !== '' && ['tcp:', 'http:', 'https:'].includes(protocol)) {
      const secure = protocol === 'https:' ? (tls ?? trustNode) : tls
      return {
        kind: 'tcp',
        url: text,
        host: hostname,
        port: Number(port || (secure === null ? 2375 : 2376)),
        tls: secure,
      }
    }
    if (hostname !== '' && protocol === 'ssh:') {
      return { kind: 'ssh', url: text, host: hostname, port: port === '' ? null : Number(port), user: username || null }
    }
  }
  return fail(
    'engine/endpoint',
    'Not the address of a container engine',
    { detail: `${from} says ${JSON.stringify(text)}. Write unix:///path, tcp://host:port or ssh://user@host.` },
    'unreachable',
  )
}

const trustNode: Tls = { ca: undefined, cert: undefined, key: undefined, rejectUnauthorized: true }

/** As the docker command: DOCKER_TLS_VERIFY asks for it, DOCKER_CERT_PATH says where ca, cert and key lie. */
async function tlsFromEnvironment(env: Environment, configFolder: string): Promise<Tls | null> {
  if (!env['DOCKER_TLS_VERIFY'] && !env['DOCKER_TLS']) return null
  const folder = env['DOCKER_CERT_PATH'] || configFolder
  return readTls(folder, Boolean(env['DOCKER_TLS_VERIFY']))
}

function usualSockets(env: Environment, home: string): string[] {
  const runtime = env['XDG_RUNTIME_DIR']
  return [
    '/var/run/docker.sock',
    ...(runtime ? [`${runtime}/docker.sock`] : []),
    `${home}/.docker/run/docker.sock`,
    `${home}/.docker/desktop/docker.sock`,
    `${home}/.orbstack/run/docker.sock`,
    `${home}/.colima/default/docker.sock`,
    `${home}/.rd/docker.sock`,
    ...(runtime ? [`${runtime}/podman/podman.sock`] : []),
    '/run/podman/podman.sock',
  ]
}

/** In order. Exported for its tests, which have sockets of their own. */
export async function firstThatAnswers(sockets: readonly string[]): Promise<Endpoint> {
  const refusals: { path: string; error: EngineError }[] = []
  for (const path of sockets) {
    const error = await tryToConnect(path)
    if (error === null) return { kind: 'unix', url: `unix://${path}`, path }
    refusals.push({ path, error })
  }
  // A socket that is there says more than all that are not.
  const telling = refusals.find(({ error }) => error.code !== 'ENOENT') ?? refusals[0]
  if (telling === undefined) throw new Error('no sockets to try')
  const tried = refusals.map(({ path, error }) => `Tried ${path}: ${explainConnectionError(error)}.`)
  return failUnreachable(`unix://${telling.path}`, telling.error, tried)
}

/** Null when it worked. */
function tryToConnect(path: string): Promise<EngineError | null> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(null)
    })
    socket.once('error', resolve)
  })
}

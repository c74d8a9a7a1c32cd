import type { Engine } from '../../model/engine.js'
import type { Host } from '../../resolve/host.js'
import { sshSocket } from '../../resolve/ssh.js'
import { type Invocation, tell } from './invocation.js'

/** The engine that the options, the environment or the usual sockets name. Sends nothing yet. */
export async function connect(invocation: Invocation, host: Host): Promise<Engine> {
  const [{ locateEndpoint }, { connectDocker }] = await Promise.all([
    import('../../engine/connection/endpoint.js'),
    import('../../engine/docker.js'),
  ])
  const { host: named, context } = invocation.options
  const endpoint = await locateEndpoint(invocation.env, {
    ...(named === undefined ? {} : { host: named }),
    ...(context === undefined ? {} : { context }),
  })
  const patience = {
    signal: invocation.signal,
    onSilence: () => {
      tell(invocation, [`Waiting for the engine at ${endpoint.url}, which does not answer.`])
    },
  }
  const [{ imageHomesIn }, certificates] = await Promise.all([import('./image-homes.js'), host.certificates()])
  const imageHomes = imageHomesIn(host.cacheFolder)
  const { scope, machineId: machine } = host
  return connectDocker({
    ...{ endpoint, scope, machine, certificates, patience, env: host.programEnv(), imageHomes },
    sshSocket: sshSocket(host.env),
  })
}

/** Runs with an engine and closes the connection on every way out. */
export async function withEngine<T>(
  invocation: Invocation,
  host: Host,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await connect(invocation, host)
  try {
    return await work(engine)
  } finally {
    engine.close()
  }
}

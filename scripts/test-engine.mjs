// The engine that tests run on, with what they need of the machine beside it.

import { ensureBaseImage } from './base-image.mjs'
import { ensurePackages, isRoot } from './debian.mjs'
import { callEngine } from './engine-api.mjs'
import { ensureEngine, stopDaemon } from './engine.mjs'
import { step } from './progress.mjs'

const rootlessEngine = { dockerd: 'docker.io', rootlesskit: 'rootlesskit', newuidmap: 'uidmap' }

export async function prepareEngine() {
  const engine = await ensureEngine()
  await ensurePackages({ git: 'git', openssl: 'openssl' }, 'repositories and certificates of the tests')
  await ensurePackages({ tmux: 'tmux' }, 'the terminal of the end-to-end tests')
  await ensurePackages({ 'docker-registry': 'docker-registry' }, 'the registry of the end-to-end tests')
  // Those who are not root do without: the engine is started as another user.
  if (isRoot()) await ensurePackages(rootlessEngine, 'the engine without root of the end-to-end tests')
  await ensureBaseImage(engine.host)
  return engine
}

/** An engine that was started for the tests goes with them, unless someone has begun to use it meanwhile. */
export async function endEngine({ host, started }) {
  if (started === null) return
  const running = JSON.parse((await callEngine(host, 'GET', '/containers/json')).text)
  if (running.length === 0) await step('stopping the engine that was started for the tests', () => stopDaemon(started))
  else console.log(`The engine stays: ${running.length} containers run on it. Stop it with: kill ${started.pid}`)
}

// Secrets are planted everywhere that a value can come from, a sandbox goes through its whole life, and everything that
// sbx and the engine then show, keep or were sent is searched for them.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project, type RunOptions } from './support/project.js'
import { startRecordingProxy, type RecordingProxy } from './support/recording-proxy.js'
import { until } from './support/until.js'

const planted = {
  'secret from a variable': 'planted-variable-5e1c07',
  'secret from a file': 'planted-file-91b3aa',
  'rotated secret': 'planted-rotated-40d2e8',
  'value of the host': 'planted-host-value-77ac1f',
  'value of an env file': 'planted-env-file-c3309b',
  'value of a flag of run': 'planted-run-flag-08f6d1',
  'value of a flag of exec': 'planted-exec-flag-b25e94',
  // The agent's own settings name a key by its last twenty characters, so these too must stay inside.
  'key of the agent': 'planted-key-of-the-agent-6d1a83f20c',
} as const

/** In every form in which one could lie about: as it is, encoded, or as a plain hash that can be guessed from. */
function formsOf(secret: string): readonly string[] {
  const hash = createHash('sha256').update(secret)
  return [
    secret,
    secret.slice(-20),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    encodeURIComponent(secret),
    hash.copy().digest('hex'),
    hash.copy().digest('base64'),
  ]
}

let project: Project
let proxy: RecordingProxy
const seen: Record<string, string> = {}

function see(where: string, what: unknown): void {
  seen[where] = `${seen[where] ?? ''}${typeof what === 'string' ? what : JSON.stringify(what)}\n`
}

beforeAll(async () => {
  project = await Project.create()
  proxy = await startRecordingProxy(project.beside('engine.sock'))
})
afterAll(async () => {
  await proxy.close()
  await project.remove()
})

function file(more: string): string {
  return `agent: claude
setup: [echo planted nothing > /opt/setup]
env: { FROM_HOST: "\${env:HOST_VALUE}" }
envFile: [.env.sandbox]
secrets:
  FROM_VARIABLE: { env: VARIABLE }
  FROM_FILE: { file: ${project.beside('secret')} }
  ANTHROPIC_API_KEY: { env: KEY }
${more}`
}

function options(more: Readonly<Record<string, string>> = {}): RunOptions {
  return {
    env: {
      DOCKER_HOST: proxy.endpoint,
      HOST_VALUE: planted['value of the host'],
      VARIABLE: planted['secret from a variable'],
      KEY: planted['key of the agent'],
      ...more,
    },
  }
}

async function sbx(args: readonly string[], run = options()): Promise<string> {
  const ran = await project.sbx(args, run)
  expect(ran, `${args.join(' ')}\n${ran.stderr}`).toMatchObject({ exitCode: 0 })
  see(`sbx ${args[0] ?? ''}`, ran.stdout + ran.stderr)
  return ran.stdout
}

const yes = ['--yes', '--discard', '--allow-widen']
const script =
  'for name in FROM_VARIABLE FROM_FILE FROM_HOST FROM_ENV_FILE FROM_FLAG; do eval "value=\\$$name"; ' +
  'printf "%s " "$name=$(printf %s "$value" | wc -c)"; done'

test('no planted secret must be found anywhere after a whole life of a sandbox', async () => {
  const events = await followEvents()
  await project.write(`FROM_ENV_FILE=${planted['value of an env file']}\n`, '.env.sandbox')
  await project.write(planted['secret from a file'], '../secret')

  await project.write(file(''))
  await sbx(['validate'])
  await sbx(['plan'])
  await sbx(['plan', '--json'])
  await sbx(['apply', '--debug', ...yes])
  await lookAtEngine()

  // an update, a rotated secret among it
  await project.write(file('resources: { memory: 700m }\n'))
  const rotated = options({ VARIABLE: planted['rotated secret'] })
  expect(await sbx(['plan'], rotated)).toContain('sensitive')
  await sbx(['plan', '--json'], rotated)
  await sbx(['apply', '--json', ...yes], rotated)

  // the values do arrive, or nothing of this would mean anything
  const flag = ['-e', `FROM_FLAG=${planted['value of a flag of exec']}`]
  expect(await sbx(['exec', '--debug', ...flag, '--', 'sh', '-c', script], rotated)).toBe(
    ['rotated secret', 'secret from a file', 'value of the host', 'value of an env file', 'value of a flag of exec']
      .map(
        (name, index) =>
          `FROM_${['VARIABLE', 'FILE', 'HOST', 'ENV_FILE', 'FLAG'][index] ?? ''}=${String(lengthOf(name))} `,
      )
      .join(''),
  )

  await runAndLook(rotated)

  // a recreate
  await project.write(file('ports: ["8080"]\n'))
  await sbx(['apply', ...yes], rotated)
  await lookAtEngine()
  await sbx(['ls'])
  await sbx(['ls', '--json'])
  await sbx(['inspect'])
  const { Id: last } = await project.container()
  await sbx(['rm'])
  await lookAtEngine()

  see('events of the engine', await events.untilRemoved(last))
  see('files of the user', await filesBelow(project.home))
  see('URLs', proxy.take())

  // What is searched is what it says it is.
  expect(seen['volumes']).toContain('FROM_VARIABLE')
  expect(seen['exec calls']).toContain('stream-json')
  expect(seen['processes inside']).toContain('stream-json')
  expect(seen['processes of the host']).toContain('dockerd')
  expect(seen['events of the engine']).toContain('exec_create')
  expect(seen['URLs']).toContain('/exec/')
  for (const [what, secret] of Object.entries(planted)) {
    for (const [where, text] of Object.entries(seen)) {
      const found = formsOf(secret).filter((form) => text.includes(form))
      expect(found, `${what} in ${where}`).toEqual([])
    }
  }
  expect(Object.keys(seen).sort()).toEqual(
    ['URLs', 'containers', 'events of the engine', 'exec calls', 'files of the user', 'images', 'logs', 'networks']
      .concat(['processes inside', 'processes of the host', 'volumes'])
      .concat(['sbx apply', 'sbx exec', 'sbx inspect', 'sbx ls', 'sbx plan', 'sbx rm', 'sbx run', 'sbx validate'])
      .sort(),
  )
})

function lengthOf(name: string): number {
  return planted[name as keyof typeof planted].length
}

/** A session of the agent with a flag of its own, looked at while it runs. */
async function runAndLook(run: RunOptions): Promise<void> {
  const flag = `FROM_FLAG=${planted['value of a flag of run']}`
  const running = project.start(
    [
      'run',
      '--debug',
      ...yes,
      '-e',
      flag,
      '--',
      '--input-format',
      'stream-json',
      '-p',
      '--output-format',
      'stream-json',
      '--verbose',
    ],
    {
      ...run,
      // It reads prompts until its input ends, which is when the test says so.
      input: null,
    },
  )
  try {
    const { Id } = await until(
      async () => {
        const container = await project.container()
        const top = await project.docker.getContainer(container.Id).top({ ps_args: '-eo pid,args' })
        return JSON.stringify(top.Processes).includes('claude --') ? container : null
      },
      () => 'the agent never ran',
    )
    await lookAtEngine()
    const { ExecIDs: execs } = await project.docker.getContainer(Id).inspect()
    expect(execs?.length).toBeGreaterThan(0)
    for (const exec of execs ?? []) see('exec calls', await project.docker.getExec(exec).inspect())
    see('processes inside', await commandLinesInside(run))
    // What a person types as a flag is in their own command line; it must go no further.
    see('processes of the host', await commandLines((pid) => pid !== running.pid))
  } finally {
    running.kill('SIGTERM')
  }
  const { stdout, stderr } = await running.ended
  see('sbx run', stdout + stderr)
}

async function commandLinesInside(run: RunOptions): Promise<string> {
  return project.ok(['exec', '--quiet', '--', 'sh', '-c', "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"], run)
}

async function commandLines(isWanted: (pid: number) => boolean): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && isWanted(Number(name)))
  const lines = await Promise.all(
    // One that has ended meanwhile has no command line.
    pids.map(async (pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return lines.join('\n').replaceAll('\0', ' ')
}

/** Everything of this scope that the engine shows to who asks. */
async function lookAtEngine(): Promise<void> {
  const { docker, scope } = project
  const filters = { label: [`dev.sbx.scope=${scope}`] }
  for (const { Id } of await project.containers()) {
    const container = docker.getContainer(Id)
    see('containers', await container.inspect())
    see('logs', (await container.logs({ stdout: true, stderr: true })).toString())
  }
  const volumes = await docker.listVolumes({ filters: JSON.stringify(filters) as never })
  see('volumes', volumes.Volumes)
  see('networks', await docker.listNetworks({ filters }))
  for (const { Id } of await docker.listImages({ filters: JSON.stringify(filters) as never })) {
    see('images', await docker.getImage(Id).inspect())
    see('images', await docker.getImage(Id).history())
  }
}

/** As they come: afterwards the engine has only its last 256, which are those of other tests as well. */
async function followEvents(): Promise<{ untilRemoved(containerId: string): Promise<string> }> {
  const stream = await project.docker.getEvents()
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return {
    async untilRemoved(containerId) {
      const isThere = () => Promise.resolve(text.includes(`"status":"destroy","id":"${containerId}"`))
      await until(isThere, () => 'the engine never told of the removal')
      stream.removeAllListeners('data')
      ;(stream as Readable).destroy()
      return text
    },
  }
}

async function filesBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const texts = await Promise.all(files.map(async (entry) => readFile(join(entry.parentPath, entry.name), 'utf8')))
  return texts.join('\n')
}

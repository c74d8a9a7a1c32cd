// An agent with sudo tries to get out, further in, or to more at the next start. Every attempt is made twice: in a sandbox,
// where it must fail for the reason that the table gives, and in a container that nothing protects, where it must succeed;
// else it would show nothing.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outcomesIn, printTable, type Outcome, type Row } from '../attempts/outcome.js'
import {
  insideAttempts,
  isGvisor,
  listedHost,
  plantedFile,
  plantedLock,
  sandboxFile,
  widenings,
  type Attempt,
} from '../attempts/table.js'
import { layOut, listenHere, makeVictims, type Machine, type Told, type Victims } from '../attempts/victims.js'
import { onlySandbox, type ListDocument, type PlanDocument } from './support/documents.js'
import { addHosts } from './support/outer-network.js'
import { Project } from './support/project.js'
import { runInside } from './support/run-inside.js'
import { until } from './support/until.js'

const run = promisify(execFile)
const insideScript = new URL('../attempts/inside.sh', import.meta.url)

const rows: Row[] = []
let project: Project
let machine: Machine
let victims: Victims
let root: string
let agent: string
let sandbox: readonly Outcome[]
let control: readonly Outcome[]
let facts: string

beforeAll(async () => {
  project = await Project.create()
  root = dirname(project.folder)
  const controlRoot = project.beside('control')
  const mark = `mark-${randomBytes(8).toString('hex')}`
  await Promise.all([layOut(root, mark), layOut(controlRoot, mark)])
  await mkdir(project.beside('results'))
  machine = await listenHere()
  await project.write(sandboxFile(root, machine.port))
  // What the sandbox may not write, its user could.
  for (const path of ['results', 'data', 'project/sandbox.yaml']) await chmod(project.beside(path), 0o777)
  await project.ok(['apply', '--yes', '--allow', 'mount:/data', '--allow', 'mount:/results'])
  const { Id, Image } = await project.container()
  agent = Id
  victims = await makeVictims(project.docker, { scope: project.scope, image: Image, mark, port: machine.port })
  const script = await readFile(insideScript, 'utf8')
  const toSandbox = { ...victims.toSandbox(await proxyAddresses()), ROOT: root, PLANT: plantedFile(root) }
  const [inSandbox, inControl] = await Promise.all([
    project.ok(['exec', '--quiet', ...variables(toSandbox), '--', 'bash', '-c', `${script}\n${lookAround}`]),
    victims
      .control(controlRoot)
      .then((id) =>
        runInside(project.docker, id, `${exported({ ...victims.toControl, ROOT: controlRoot })}\n${script}`, 'root'),
      ),
  ])
  sandbox = outcomesIn(inSandbox)
  control = outcomesIn(inControl)
  facts = inSandbox
})
afterAll(async () => {
  printTable(`${String(rows.length)} attempts of an agent:`, rows)
  await project.remove()
  await machine.close()
})

/** What it is allowed, and what it can do with it. */
const lookAround = `
$as_root grep ^Cap /proc/self/status | sed 's/^/sudo /'
grep -E '^(Cap|Seccomp:)' /proc/self/status | sed 's/^/own /'
echo "data $(cat /data/in)"
$as_root sh -c 'echo inside >/results/out'
`

/** Beside that the one listed name is made known to it: it is this machine, by an address that is not private. */
async function proxyAddresses(): Promise<{ readonly inside: string; readonly outside: string }> {
  const proxy = (await project.containers()).find(({ Labels }) => Labels['dev.sbx.role'] === 'proxy')
  if (proxy === undefined) throw new Error('no proxy')
  const line = `${victims.toControl['OUTSIDE'] ?? ''} allowed.attempts.test`
  await addHosts(project.docker, proxy.Id, line)
  await project.docker.getContainer(proxy.Id).kill({ signal: 'HUP' })
  const asked = `curl -s -p -m 5 -o /dev/null -w '%{http_connect}' http://allowed.attempts.test:${machine.port}/`
  const answer = () => runInside(project.docker, agent, asked)
  await until(
    async () => (await answer()) === '200',
    async () => `the proxy says ${await answer()}`,
  )
  const networks = Object.entries(proxy.NetworkSettings.Networks)
  const addressOn = (end: string): string => {
    const address = networks.find(([name]) => name.endsWith(end))?.[1].IPAddress
    // An attempt at no address at all would fail by itself.
    if (!address) throw new Error(`the proxy has no address on its network ${end}`)
    return address
  }
  return { inside: `${addressOn('-net')}:3128`, outside: addressOn('-open') }
}

function variables(values: Told): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-e', `${name}=${value}`])
}

function exported(values: Told): string {
  return Object.entries(values)
    .map(([name, value]) => `export ${name}='${value}'`)
    .join('\n')
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Whoever runs inside can make files there that look like those of this machine, so that only this machine tells. */
async function arrived(outcome: Outcome): Promise<Outcome> {
  const written: Readonly<Record<string, string>> = {
    'file-write-outside': 'outside/written',
    'file-approvals': 'home/.local/state/sbx/approvals/written.json',
    'file-write-readonly': 'data/written',
    'file-remount-readonly': 'data/remounted',
  }
  const path = written[outcome.name]
  if (path === undefined) return outcome
  const isDone = await isThere(project.beside(path))
  return isDone || !outcome.isDone ? { ...outcome, isDone } : { ...outcome, isDone, seen: 'nothing arrived' }
}

describe('an agent with sudo', () => {
  test('must fail at everything that gets through where nothing protects', async () => {
    const names = Object.keys(insideAttempts)
    const found = new Map(await Promise.all(sandbox.map(async (each) => [each.name, await arrived(each)] as const)))
    const unprotected = new Map(control.map((each) => [each.name, each]))
    const wrong: string[] = []
    for (const name of names) {
      const { tries, refusal, gvisor, unprotected: why } = insideAttempts[name] as Attempt
      if (isGvisor && typeof gvisor === 'string') continue
      const expected = isGvisor && gvisor instanceof RegExp ? gvisor : refusal
      const { isDone, seen } = found.get(name) ?? { isDone: true, seen: 'it was not tried' }
      rows.push({ name, tries, outcome: isDone ? 'DONE' : 'refused', seen })
      if (isDone || !expected.test(seen)) wrong.push(`${name}: ${isDone ? 'done' : 'refused'}: ${seen}`)
      const open = unprotected.get(name)
      // Nobody is kept from what the kernel has not.
      const isOpen = open?.isDone === true || open?.seen === 'Function not implemented'
      if (why === undefined && !isOpen) wrong.push(`${name}, unprotected: ${open?.seen ?? 'not tried'}`)
    }
    expect(wrong).toEqual([])
    expect(rows).toHaveLength(
      names.filter((name) => !isGvisor || typeof insideAttempts[name]?.gvisor !== 'string').length,
    )
    expect(found.get(listedHost)).toMatchObject({ isDone: true, seen: expect.stringMatching(/ 200 /) })
    const asked = await victims.asked()
    expect(asked).toContain('.control.attempts.test')
    expect(asked).not.toContain('.sandbox.attempts.test')
    for (const hidden of ['.env', '.env.local', 'secrets/key', 'private/key']) {
      expect(await readFile(join(project.folder, hidden), 'utf8')).toMatch(/^mark-/)
    }
  })

  test('must have the nine capabilities that sudo, apt and git need, and what was mounted for it', async () => {
    const numbers = [0, 1, 3, 4, 5, 6, 7, 10, 29]
    const mask = numbers
      .reduce((sum, bit) => sum + 2 ** bit, 0)
      .toString(16)
      .padStart(16, '0')
    for (const set of isGvisor ? [] : ['Eff', 'Bnd']) expect(facts).toContain(`sudo Cap${set}:\t${mask}`)
    for (const set of ['Eff', 'Prm', ...(isGvisor ? [] : ['Amb'])])
      expect(facts).toContain(`own Cap${set}:\t${'0'.repeat(16)}`)
    // gVisor answers every call itself.
    expect(facts).toContain(`own Seccomp:\t${isGvisor ? '0' : '2'}`)
    expect(facts).toMatch(/^data mark-/m)
    expect(await readFile(project.beside('results/out'), 'utf8')).toBe('inside\n')
    const { HostConfig: host } = await project.container()
    expect(host).toMatchObject({ Privileged: false, CapDrop: ['ALL'], RestartPolicy: { Name: 'no' } })
    expect(host.CapAdd).toHaveLength(numbers.length)
  })
})

describe('what it left for the next start', () => {
  test('must ask a person for each widening, and else start nothing', async () => {
    // With the labels of the sandbox: all that an image can bring along.
    const { Config, Image } = await project.container()
    const planted = await project.docker.createContainer({ Image, Labels: Config.Labels, Cmd: ['true'] })
    if (isGvisor) {
      await project.docker.getContainer(agent).kill()
    } else {
      await runInside(project.docker, agent, 'sudo kill -9 1; sudo kill 1; sudo kill -9 -1')
      const ended = await until(
        async () => (await project.docker.getContainer(agent).inspect()).State.Status === 'exited',
        () => 'process 1 does not end',
      )
      row('next-process-1', 'end process 1, to be started as something else', ended, 'stopped, and stays so')
    }

    const env = { AWS_SECRET_ACCESS_KEY: 'of-this-user' }
    const plan = onlySandbox(await project.json<PlanDocument>(['plan'], { env }))
    const ran = await project.sbx(['run', '--yes'], { env })
    const after = await project.docker.getContainer(agent).inspect()
    const isSame = ran.exitCode === 3 && after.State.Status === 'exited'
    for (const [name, { tries, grant }] of Object.entries(widenings)) {
      const isAsked = plan.grants.some(({ key, widens }) => key === grant && widens)
      row(
        name,
        tries,
        isAsked && isSame,
        `${grant} is asked for, and without a terminal it is exit ${String(ran.exitCode)}`,
      )
    }

    // Written last, since what it pins is nowhere.
    await project.write(plantedLock, 'sandbox.lock')
    const pinned = await project.sbx(['run', '--yes', '--allow-widen'], { env })
    const own = (await project.containers()).filter(({ Labels }) => Labels['dev.sbx.role'] === 'agent')
    const isAlone = own.every(({ Id }) => Id === agent || Id === planted.id)
    const isRead = pinned.exitCode === 125 && pinned.stderr.includes('sha256:000000')
    row(
      'next-lock',
      'pin another image in the lock file',
      isRead && isAlone,
      'it is read, and nothing was made from it',
    )

    const { sandboxes } = await project.json<ListDocument>(['ls'])
    const isListed = sandboxes.some(({ container_id: id }) => planted.id.startsWith(id))
    row(
      'next-labels',
      'be taken for a sandbox by its labels',
      sandboxes.length === 1 && !isListed,
      'one sandbox, the real',
    )

    const wasRun = await isThere(join(project.folder, 'ran'))
    await run('git', ['-c', 'safe.directory=*', 'status'], { cwd: project.folder }).catch(() => undefined)
    const isRunByGit = await isThere(join(project.folder, 'ran'))
    row(
      'next-git',
      "have sbx run a command of the repository's config",
      !wasRun && isRunByGit,
      'git runs it, and sbx did not',
    )
    expect(rows.filter(({ outcome }) => outcome !== 'refused')).toEqual([])
  })
})

function row(name: string, tries: string, isRefused: boolean, seen: string): void {
  rows.push({ name, tries, outcome: isRefused ? 'refused' : 'DONE', seen })
}
